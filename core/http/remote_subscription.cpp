// List and watch over HTTPS.

#include "core/http/remote_subscription.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPResponse.h>
#include <algorithm>
#include <chrono>
#include <istream>
#include <random>
#include <sys/socket.h>
#include <utility>

#include "core/base/concat.hpp"
#include "core/object/status.hpp"

namespace pintle::http {
namespace {

constexpr std::size_t kMaxQueued = 1000;
constexpr std::size_t kMaxListBytes = 1024UL * 1024 * 1024;
constexpr std::chrono::milliseconds kFirstWait{800};
constexpr std::chrono::milliseconds kLongestWait{30'000};
// Bookmarks come about once a minute: a watch silent for longer than this is dead.
constexpr std::chrono::seconds kSilence{180};

int random_between(int least, int most) {
  static thread_local std::minstd_rand engine(std::random_device{}());
  return std::uniform_int_distribution<int>(least, most)(engine);
}

std::uint32_t type_of(std::string_view text) {
  if (text == "ADDED") {
    return PINTLE_ADDED;
  }
  if (text == "MODIFIED") {
    return PINTLE_MODIFIED;
  }
  return text == "DELETED" ? std::uint32_t{PINTLE_DELETED} : 0U;
}

/// "PodList" holds Pods.
TypeOfItems type_of_items(const Json& list) {
  std::string_view kind = text_at(list, {"kind"});
  if (kind.ends_with("List")) {
    kind.remove_suffix(4);
  }
  return {std::string(kind), std::string(text_at(list, {"apiVersion"}))};
}

}  // namespace

RemoteSubscription::RemoteSubscription(RemoteClient& client, Log& log, std::string path,
                                       std::string resource, std::optional<std::string> first)
    : client_(client),
      log_(log),
      path_(std::move(path)),
      resource_(std::move(resource)),
      first_(std::move(first)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

RemoteSubscription::~RemoteSubscription() {
  thread_.request_stop();
  {
    const std::lock_guard lock(mutex_);
    if (watched_fd_ >= 0) {
      ::shutdown(watched_fd_, SHUT_RDWR);  // Ends the read that the thread waits in.
    }
  }
  changed_.notify_all();
  thread_.join();
}

int RemoteSubscription::next(std::uint32_t timeout_ms, loader::Backend::Change& change) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                    [this] { return is_woken_ || !changes_.empty(); });
  if (std::exchange(is_woken_, false)) {
    return -1;
  }
  if (changes_.empty()) {
    return 0;
  }
  change = std::move(changes_.front());
  changes_.pop_front();
  changed_.notify_all();
  return 1;
}

void RemoteSubscription::wake() {
  {
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
  }
  changed_.notify_all();
}

void RemoteSubscription::on_ready(std::function<void()> ready) {
  const std::lock_guard lock(mutex_);
  ready_ = std::move(ready);
  if (!changes_.empty()) {
    ready_();
  }
}

void RemoteSubscription::push(const std::stop_token& stop, std::uint32_t type, ObjectPtr object) {
  std::unique_lock lock(mutex_);
  if (changed_.wait(lock, stop, [this] { return changes_.size() < kMaxQueued; })) {
    changes_.push_back({.type = type, .object = std::move(object), .previous = nullptr});
    changed_.notify_all();
    if (ready_) {
      ready_();
    }
  }
}

/// Waits longer after each failure in a row, and never quite as long as others do.
void RemoteSubscription::wait(const std::stop_token& stop) {
  auto pause = kFirstWait;
  for (int i = 0; i < failures_ && pause < kLongestWait; ++i) {
    pause *= 2;
  }
  ++failures_;
  pause = std::min(pause, kLongestWait);
  pause += std::chrono::milliseconds(random_between(0, static_cast<int>(pause.count())));
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, pause, [] { return false; });
}

void RemoteSubscription::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (!list(stop, std::exchange(first_, std::nullopt))) {
      wait(stop);
      continue;
    }
    for (auto outcome = Outcome::kEnded; outcome != Outcome::kExpired && !stop.stop_requested();) {
      outcome = watch(stop);
      if (outcome == Outcome::kFailed) {
        wait(stop);
      }
    }
  }
}

bool RemoteSubscription::list(const std::stop_token& stop, std::optional<std::string> body) {
  if (!body) {
    auto answer = client_.request("GET", path_, {});
    if (!answer.ok() || answer.value().status != 200) {
      const std::string why =
          answer.ok() ? error_of_status(answer.value().body, answer.value().status).message
                      : answer.error().message;
      log_.warning("a list failed and will be tried again", {{"path", path_}, {"why", why}});
      return false;
    }
    body = std::move(answer).value().body;
  }
  auto parsed = parse_json(*body, {}, {.max_bytes = kMaxListBytes});
  if (!parsed.ok()) {
    log_.warning("a list could not be read", {{"path", path_}, {"why", parsed.error().message}});
    return false;
  }
  const Json& all = parsed.value().value;
  version_ = text_at(all, {"metadata", "resourceVersion"});
  if (std::exchange(has_listed_, true)) {
    push(stop, PINTLE_RELISTED, nullptr);
  }
  const auto type = type_of_items(all);
  for (const auto& item : array_at(all, {"items"})) {
    if (auto object = to_object(resource_, item, type); object.ok()) {
      push(stop, PINTLE_ADDED, std::move(object).value());
    }
  }
  push(stop, PINTLE_SYNCED, nullptr);
  failures_ = 0;
  return true;
}

RemoteSubscription::Outcome RemoteSubscription::watch(const std::stop_token& stop) {
  const std::string path = concat({path_, path_.find('?') == std::string::npos ? "?" : "&",
                                   "watch=true&allowWatchBookmarks=true&resourceVersion=", version_,
                                   "&timeoutSeconds=", std::to_string(random_between(300, 600))});
  auto outcome = Outcome::kFailed;
  auto session = client_.make_session(kSilence);
  try {
    auto request = client_.make_request("GET", path);
    session->sendRequest(request);
    {
      const std::lock_guard lock(mutex_);
      watched_fd_ = session->socket().impl()->sockfd();
      if (stop.stop_requested()) {
        watched_fd_ = -1;
        return Outcome::kEnded;
      }
    }
    Poco::Net::HTTPResponse response;
    auto& in = session->receiveResponse(response);
    if (response.getStatus() == Poco::Net::HTTPResponse::HTTP_GONE) {
      outcome = Outcome::kExpired;
    } else if (response.getStatus() == Poco::Net::HTTPResponse::HTTP_OK) {
      std::optional<Outcome> end;
      for (std::string line; !end && !stop.stop_requested() && std::getline(in, line);) {
        end = take_line(stop, line);
      }
      outcome = end.value_or(in.bad() ? Outcome::kFailed : Outcome::kEnded);
    }
  } catch (const Poco::Exception& failure) {
    if (!stop.stop_requested()) {
      log_.info("a watch broke off and will be resumed",
                {{"path", path_}, {"why", failure.displayText()}});
    }
  }
  // The descriptor is the session's: nobody may shut it down once the session goes.
  const std::lock_guard lock(mutex_);
  watched_fd_ = -1;
  return outcome;
}

/// How the watch ends, if this line ends it.
std::optional<RemoteSubscription::Outcome> RemoteSubscription::take_line(
    const std::stop_token& stop, std::string_view line) {
  if (line.empty()) {
    return std::nullopt;
  }
  auto parsed = parse_json(line);
  if (!parsed.ok()) {
    return Outcome::kFailed;
  }
  const Json& event = parsed.value().value;
  const auto type = text_at(event, {"type"});
  if (type == "ERROR") {
    const bool is_gone = integer_at(event, {"object", "code"}) == 410;
    return is_gone ? Outcome::kExpired : Outcome::kFailed;
  }
  failures_ = 0;
  if (const auto version = text_at(event, {"object", "metadata", "resourceVersion"});
      !version.empty()) {
    version_ = version;
  }
  const auto* json = find_path(event, {"object"});
  if (const auto code = type_of(type); code != 0 && json != nullptr) {
    if (auto object = to_object(resource_, *json); object.ok()) {
      push(stop, code, std::move(object).value());
    }
  }
  return std::nullopt;
}

}  // namespace pintle::http
