// Client: requests to the cluster, as the plugin's own identity; see client.hpp.

#include "core/sdk/client.hpp"

#include <future>
#include <memory>

#include "core/base/assert.hpp"
#include "core/object/status.hpp"

namespace pintle::sdk {
namespace {

constexpr std::string_view kJson = "application/json";

std::string_view content_type_of(PatchKind kind) {
  switch (kind) {
    case PatchKind::kJson:
      return "application/json-patch+json";
    case PatchKind::kMerge:
      return "application/merge-patch+json";
    case PatchKind::kStrategic:
      break;
  }
  return "application/strategic-merge-patch+json";
}

Path binding_path(std::string_view ns, std::string_view name) {
  return {.resource = "pods",
          .ns = std::string(ns),
          .name = std::string(name),
          .subresource = "binding"};
}

std::string binding_json(std::string_view ns, std::string_view name, std::string_view node,
                         std::string_view uid) {
  JsonObject metadata{{"name", name}, {"namespace", ns}};
  if (!uid.empty()) {
    metadata.emplace("uid", uid);
  }
  return to_json(JsonObject{{"apiVersion", "v1"},
                            {"kind", "Binding"},
                            {"metadata", std::move(metadata)},
                            {"target", {{"kind", "Node"}, {"name", node}}}});
}

Client::Reply to_reply(Client::Done done) {
  return [done = std::move(done)](std::uint32_t status, std::string_view body) {
    done(to_result(status, body));
  };
}

}  // namespace

Result<void> to_result(std::uint32_t http_status, std::string_view body) {
  if (http_status < 400) {
    return {};
  }
  return error_of_status(body, static_cast<int>(http_status));
}

struct Client::Pending {
  Client* client;
  Reply done;
};

Client::Client(Host& host) : host_(host) {
  PINTLE_ASSERT(host.has_cluster());
}

Client::~Client() {
  drain();
}

void Client::drain() {
  std::unique_lock lock(mutex_);
  drained_.wait(lock, [this] { return pending_ == 0; });
}

ObjectHandle Client::find(const Path& path) {
  const std::string text = to_text(path);
  return ObjectHandle::adopt(host_.object_table(),
                             host_.client_table()->get(host_.raw(), to_c(std::string_view(text))));
}

void Client::send(std::string_view method, std::string_view path, std::string_view content_type,
                  std::string_view body, Reply done) {
  {
    const std::lock_guard lock(mutex_);
    ++pending_;
  }
  auto pending = std::make_unique<Pending>(Pending{this, std::move(done)});
  const pintle_request request{sizeof(pintle_request), to_c(method), to_c(path), to_c(content_type),
                               to_c(body)};
  host_.client_table()->request(host_.raw(), &request, &Client::reply, pending.release());
}

void Client::reply(void* context, std::uint32_t http_status, pintle_text body) {
  const std::unique_ptr<Pending> pending(static_cast<Pending*>(context));
  Client& client = *pending->client;
  try {
    pending->done(http_status, to_view(body));
  } catch (...) {
    client.host_.log().error("A reply's callback threw.", {{"error", describe_exception()}});
  }
  // Notified under the lock: once drain() has seen 0, the client may be gone.
  const std::lock_guard lock(client.mutex_);
  --client.pending_;
  client.drained_.notify_all();
}

Result<std::string> Client::request(std::string_view method, std::string_view path,
                                    std::string_view content_type, std::string_view body) {
  auto promise = std::make_shared<std::promise<Result<std::string>>>();
  auto answer = promise->get_future();
  send(method, path, content_type, body, [promise](std::uint32_t status, std::string_view text) {
    if (auto result = to_result(status, text); !result.ok()) {
      promise->set_value(std::move(result).error());
      return;
    }
    promise->set_value(std::string(text));
  });
  return answer.get();
}

std::vector<Result<std::string>> Client::request_all(const std::vector<Call>& calls) {
  // Shared with the replies: the last of them may still hold it when the wait is over.
  struct Answers {
    std::mutex mutex;
    std::condition_variable all_there;
    std::size_t missing = 0;                   // Guarded by mutex.
    std::vector<Result<std::string>> results;  // Guarded by mutex.
  };
  const auto answers = std::make_shared<Answers>();
  answers->missing = calls.size();
  answers->results.assign(calls.size(), std::string());
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const Call& call = calls[i];
    send(call.method, call.path, call.content_type, call.body,
         [answers, i](std::uint32_t status, std::string_view text) {
           const auto result = to_result(status, text);
           const std::lock_guard lock(answers->mutex);
           answers->results[i] = result.ok() ? Result<std::string>(std::string(text))
                                             : Result<std::string>(result.error());
           if (--answers->missing == 0) {
             answers->all_there.notify_all();
           }
         });
  }
  std::unique_lock lock(answers->mutex);
  answers->all_there.wait(lock, [&] { return answers->missing == 0; });
  return std::move(answers->results);
}

Result<Json> Client::request_json(std::string_view method, const Path& path,
                                  std::string_view content_type, const Json* body) {
  PINTLE_TRY(const std::string text,
             request(method, to_text(path), content_type, body ? to_json(*body) : ""));
  // A list may be longer than any body that comes from outside.
  PINTLE_TRY(ParsedJson parsed, parse_json(text, {}, JsonLimits{.max_bytes = text.size()}));
  return std::move(parsed.value);
}

Result<Json> Client::get(const Path& path) {
  return request_json("GET", path, "", nullptr);
}

Result<Json> Client::create(const Path& path, const Json& object) {
  return request_json("POST", path, kJson, &object);
}

Result<Json> Client::update(const Path& path, const Json& object) {
  return request_json("PUT", path, kJson, &object);
}

Result<Json> Client::patch(const Path& path, PatchKind kind, const Json& patch) {
  return request_json("PATCH", path, content_type_of(kind), &patch);
}

Result<void> Client::remove(const Path& path, const JsonObject& options) {
  std::string body;
  if (!options.empty()) {
    JsonObject whole{{"apiVersion", "v1"}, {"kind", "DeleteOptions"}};
    for (const auto& [key, value] : options) {
      whole.insert_or_assign(key, value);
    }
    body = to_json(whole);
  }
  PINTLE_TRY_STATUS(request("DELETE", to_text(path), kJson, body));
  return {};
}

Result<void> Client::bind(std::string_view ns, std::string_view name, std::string_view node,
                          std::string_view uid) {
  PINTLE_TRY_STATUS(
      request("POST", to_text(binding_path(ns, name)), kJson, binding_json(ns, name, node, uid)));
  return {};
}

void Client::create_async(const Path& path, const Json& object, Done done) {
  send("POST", to_text(path), kJson, to_json(object), to_reply(std::move(done)));
}

void Client::patch_async(const Path& path, PatchKind kind, const Json& patch, Done done) {
  send("PATCH", to_text(path), content_type_of(kind), to_json(patch), to_reply(std::move(done)));
}

void Client::bind_async(std::string_view ns, std::string_view name, std::string_view node,
                        std::string_view uid, Done done) {
  send("POST", to_text(binding_path(ns, name)), kJson, binding_json(ns, name, node, uid),
       to_reply(std::move(done)));
}

}  // namespace pintle::sdk
