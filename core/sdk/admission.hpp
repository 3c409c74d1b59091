// Admission: a say in every write. Derive from Admission, keep an AdmissionOffer beside it.

#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/object/json.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/object.hpp"

namespace pintle::sdk {

/// One write that is asked about. Lent for the call.
struct AdmissionRequest {
  std::string_view operation;  // "CREATE", "UPDATE", "DELETE", "CONNECT".
  std::string_view group;
  std::string_view version;
  std::string_view resource;
  std::string_view subresource;
  std::string_view kind;
  std::string_view ns;
  std::string_view name;
  std::string_view user;
  std::vector<std::string_view> groups;
  bool dry_run = false;
  Value object;      // Empty on DELETE.
  Value old_object;  // Empty on CREATE.
  std::string_view user_uid;
  const pintle_admission_request* border = nullptr;  // What warn and annotate go through.

  /// Gives the client a Warning header, if the request goes through.
  void warn(std::string_view text) const;
  /// Adds to the request's audit line, refused or not.
  void annotate(std::string_view key, std::string_view value) const;
};

/// "a/b~c" as one step of a JSON pointer: "a~1b~0c".
std::string pointer_escaped(std::string_view step);

/// Builds a JSON patch (RFC 6902). Paths are JSON pointers: "/spec/priority", "/spec/volumes/-".
class JsonPatch {
 public:
  JsonPatch& add(std::string_view path, Json value);
  JsonPatch& replace(std::string_view path, Json value);
  JsonPatch& remove(std::string_view path);

  bool empty() const { return operations_.empty(); }
  const JsonArray& operations() const { return operations_; }
  std::string to_text() const;

 private:
  JsonArray operations_;
};

/// Threads: mutate and validate are called from many threads at once.
class Admission {
 public:
  virtual ~Admission() = default;

  /// Lower first: the order in which plugins mutate.
  virtual int order() const { return 0; }
  /// A space-separated list of what this plugin wants: "pods" with its subresources, "pods/"
  /// without them, "pods/resize" that one only, "deployments.apps/" of a group; "" is all.
  virtual std::string resources() const { return ""; }
  /// A space-separated list of the operations it wants: "CREATE UPDATE"; "" is all.
  virtual std::string operations() const { return ""; }
  /// True if it never waits for anything but locks that are held shortly: no request to a server
  /// elsewhere, no write, no file. It is then asked on the server's own threads.
  virtual bool is_quick() const { return false; }
  /// How long an answer may take; whoever takes longer is suspended.
  virtual std::chrono::milliseconds timeout() const { return std::chrono::seconds(10); }

  /// Changes the object by what it adds to `patch`, or refuses. Errors: as validate().
  virtual Result<void> mutate(const AdmissionRequest&, JsonPatch& /*patch*/) { return {}; }
  /// Sees the object as it will be. Errors: kForbidden with why, told as `pods "x" is forbidden:
  /// <why>`, with the causes of its details; any other as it is.
  virtual Result<void> validate(const AdmissionRequest&) { return {}; }
};

/// Which of the two a plugin wants to be asked.
struct AdmissionPhases {
  bool mutates = false;
  bool validates = false;
};

/// Offers `admission` to the host for as long as the plugin runs.
class AdmissionOffer {
 public:
  AdmissionOffer(Admission& admission, AdmissionPhases phases);
  AdmissionOffer(const AdmissionOffer&) = delete;
  AdmissionOffer& operator=(const AdmissionOffer&) = delete;

  /// The last step of a start: from here on the plugin is asked.
  Result<void> provide(Host& host);

 private:
  static pintle_status mutate(void* self, const pintle_admission_request* request,
                              void (*patch)(void* context, pintle_text json_patch), void* context);
  static pintle_status validate(void* self, const pintle_admission_request* request);
  AdmissionRequest to_request(const pintle_admission_request& request) const;

  Admission& admission_;
  const pintle_object_table* objects_ = nullptr;
  std::string resources_;
  std::string operations_;
  pintle_admission_table table_{};
};

}  // namespace pintle::sdk
