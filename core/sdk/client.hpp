// Client: requests to the cluster, as the plugin's own identity; waiting for the answer or not.
//
// A plugin's write takes the same road as anybody's: authorised, admitted, audited.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/object/json.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/object.hpp"
#include "core/sdk/path.hpp"

namespace pintle::sdk {

enum class PatchKind { kJson, kMerge, kStrategic };

/// One request of several; see Client::request_all.
struct Call {
  std::string method;
  std::string path;
  std::string content_type = "application/json";
  std::string body;
};

/// Threads: every method may be called from any thread; those that wait never from a reply.
///
/// Its destructor waits for the replies that are still to come. What they touch must still be there
/// then: declare a Client after it, or call drain() first.
class Client {
 public:
  /// REQUIRES: host.has_cluster().
  explicit Client(Host& host);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  /// One object without a copy; none if it is not there or may not be seen.
  ObjectHandle find(const Path& path);

  /// These wait. Errors: what the server answered, as a Status has it.
  Result<Json> get(const Path& path);  // One object, or with no name the list.
  Result<Json> create(const Path& path, const Json& object);
  Result<Json> update(const Path& path, const Json& object);
  Result<Json> patch(const Path& path, PatchKind kind, const Json& patch);
  /// `options` is a DeleteOptions' members, or empty.
  Result<void> remove(const Path& path, const JsonObject& options = {});
  /// Binds pod `ns`/`name` to `node`. `uid`, where given, must be the pod's.
  Result<void> bind(std::string_view ns, std::string_view name, std::string_view node,
                    std::string_view uid = "");
  /// Anything else: the answer's body, whatever its kind.
  Result<std::string> request(std::string_view method, std::string_view path,
                              std::string_view content_type, std::string_view body);

  /// Sends them all at once, so that the store commits them together, and waits for all. The
  /// answers are in the order of the calls.
  std::vector<Result<std::string>> request_all(const std::vector<Call>& calls);

  /// These don't wait: `done` is called exactly once, on any thread, perhaps before this returns.
  /// It must be quick and must not wait for another request. `body` is lent for the call.
  using Reply = std::function<void(std::uint32_t http_status, std::string_view body)>;
  void send(std::string_view method, std::string_view path, std::string_view content_type,
            std::string_view body, Reply done);
  using Done = std::function<void(Result<void>)>;
  void create_async(const Path& path, const Json& object, Done done);
  void patch_async(const Path& path, PatchKind kind, const Json& patch, Done done);
  void bind_async(std::string_view ns, std::string_view name, std::string_view node,
                  std::string_view uid, Done done);

  /// Waits until every reply that is to come has come.
  void drain();

 private:
  struct Pending;
  static void reply(void* context, std::uint32_t http_status, pintle_text body);
  Result<Json> request_json(std::string_view method, const Path& path,
                            std::string_view content_type, const Json* body);

  Host& host_;
  std::mutex mutex_;
  std::condition_variable drained_;
  std::uint64_t pending_ = 0;  // Guarded by mutex_.
};

/// The Error that an answer of 400 or above tells of; nothing for any other.
Result<void> to_result(std::uint32_t http_status, std::string_view body);

}  // namespace pintle::sdk
