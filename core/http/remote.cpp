// The cluster over HTTPS, as commands and plugins outside the server see it.

#include "core/http/remote.hpp"

#include <optional>
#include <utility>

#include "core/http/remote_client.hpp"
#include "core/http/remote_object.hpp"
#include "core/http/remote_subscription.hpp"
#include "core/http/workers.hpp"
#include "core/object/status.hpp"

namespace pintle::http {
namespace {

constexpr std::size_t kRequestsAtOnce = 8;

class RemoteBackend final : public loader::Backend {
 public:
  RemoteBackend(std::unique_ptr<RemoteClient> client, Log& log)
      : log_(log), client_(std::move(client)), workers_(kRequestsAtOnce, log) {}

  void request(std::string_view method, std::string_view path, std::string_view content_type,
               std::string_view body, std::function<void(int, std::string_view)> reply) override {
    const auto perform = [this, method = std::string(method), path = std::string(path),
                          type =
                              std::string(content_type.empty() ? "application/json" : content_type),
                          body = std::string(body), reply = std::move(reply)] {
      const auto answer = client_->request(method, path, {type, body});
      if (!answer.ok()) {
        reply(http_status_of(answer.error().code), to_status_json(answer.error()));
        return;
      }
      reply(answer.value().status, answer.value().body);
    };
    // With every worker busy the caller waits its turn here: that is its back-pressure.
    if (!workers_.submit(perform)) {
      perform();
    }
  }

  ObjectPtr get(std::string_view path) override {
    const auto answer = client_->request("GET", path, {});
    const auto resource = resource_of_path(path);
    if (!answer.ok() || answer.value().status != 200 || !resource.ok()) {
      return nullptr;
    }
    const auto parsed = parse_json(answer.value().body);
    if (!parsed.ok()) {
      return nullptr;
    }
    auto object = to_object(resource.value(), parsed.value().value);
    return object.ok() ? std::move(object).value() : nullptr;
  }

  Result<std::unique_ptr<Subscription>> subscribe(std::string_view path) override {
    PINTLE_TRY(auto resource, resource_of_path(path));
    auto first = client_->request("GET", path, {});
    if (first.ok() && (first.value().status == 403 || first.value().status == 404)) {
      return error_of_status(first.value().body, first.value().status);
    }
    std::optional<std::string> body;
    if (first.ok() && first.value().status == 200) {
      body = std::move(first).value().body;
    }
    return std::unique_ptr<Subscription>(std::make_unique<RemoteSubscription>(
        *client_, log_, std::string(path), std::move(resource), std::move(body)));
  }

 private:
  Log& log_;
  const std::unique_ptr<RemoteClient> client_;
  Workers workers_;  // Last: its threads use the client.
};

/// What a config that can't be used answers to everything: the loader has no other way to say it.
class UnusableBackend final : public loader::Backend {
 public:
  explicit UnusableBackend(Error why) : why_(std::move(why)) {}

  void request(std::string_view, std::string_view, std::string_view, std::string_view,
               std::function<void(int, std::string_view)> reply) override {
    reply(http_status_of(why_.code), to_status_json(why_));
  }
  ObjectPtr get(std::string_view) override { return nullptr; }
  Result<std::unique_ptr<Subscription>> subscribe(std::string_view) override { return why_; }

 private:
  const Error why_;
};

}  // namespace

Result<ClientAnswer> request_once(const auth::ClientConfig& config, std::string_view method,
                                  std::string_view path, std::string_view content_type,
                                  std::string_view body) {
  PINTLE_TRY(const auto client, RemoteClient::make(config));
  return client->request(method, path, {content_type, body});
}

std::unique_ptr<loader::Backend> make_remote_backend(auth::ClientConfig config, Log& log) {
  auto client = RemoteClient::make(config);
  if (!client.ok()) {
    log.error("the cluster can't be used", {{"why", client.error().message}});
    return std::make_unique<UnusableBackend>(client.error());
  }
  return std::make_unique<RemoteBackend>(std::move(client).value(), log);
}

}  // namespace pintle::http
