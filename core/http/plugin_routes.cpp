// Requests over the C border to plugins, and their answers back.

#include "core/http/plugin_routes.hpp"

#include <atomic>
#include <utility>

#include "core/http/head.hpp"
#include "core/http/node_proxy.hpp"

/// What a plugin holds while it answers one request. Named by the C header.
struct pintle_exchange {
  pintle::http::Exchange& exchange;
  std::string user;
  const std::atomic<bool>& is_going;  // The plugin is being stopped: it should return.
  bool has_answered = false;
};

namespace pintle::http {
namespace {

pintle_text to_text(std::string_view text) {
  return {text.data(), text.size()};
}
std::string_view to_view(pintle_text text) {
  return {text.data, text.size};
}

gate::Headers parse_lines(std::string_view lines) {
  gate::Headers headers;
  while (!lines.empty()) {
    const auto end = lines.find("\r\n");
    const auto line = lines.substr(0, end);
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 2);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
      continue;
    }
    auto value = line.substr(colon + 1);
    value.remove_prefix(value.starts_with(' ') ? 1 : 0);
    headers.emplace_back(line.substr(0, colon), value);
  }
  return headers;
}

void begin(pintle_exchange* exchange, uint32_t status, pintle_text headers) {
  if (!std::exchange(exchange->has_answered, true)) {
    exchange->exchange.begin(static_cast<int>(status), parse_lines(to_view(headers)));
  }
}

int32_t write(pintle_exchange* exchange, pintle_text part) {
  const bool goes =
      exchange->has_answered && !exchange->is_going && exchange->exchange.write(to_view(part));
  return goes ? 0 : -1;
}

int32_t tunnel(pintle_exchange* exchange, int32_t backend_fd, pintle_text host,
               pintle_text target) {
  if (std::exchange(exchange->has_answered, true)) {
    return -1;
  }
  exchange->exchange.relay({.fd = backend_fd,
                            .tls = false,
                            .ca_pem = {},
                            .certificate_pem = {},
                            .key_pem = {},
                            .host = std::string(to_view(host)),
                            .target = std::string(to_view(target))},
                           /*upgrade=*/true);
  return 0;
}

constexpr pintle_exchange_table kExchangeTable = {
    .size = sizeof(pintle_exchange_table),
    .method = [](pintle_exchange* e) { return to_text(e->exchange.request().method); },
    .target = [](pintle_exchange* e) { return to_text(e->exchange.request().target); },
    .header =
        [](pintle_exchange* e, pintle_text name) {
          return to_text(gate::find_header(e->exchange.request().headers, to_view(name)));
        },
    .body = [](pintle_exchange* e) { return to_text(e->exchange.request().body); },
    .user = [](pintle_exchange* e) { return to_text(e->user); },
    .begin = begin,
    .write = write,
    .tunnel = tunnel,
    .client_gone = [](pintle_exchange* e) -> uint32_t {
      return e->is_going || e->exchange.client_gone() ? 1 : 0;
    },
};

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto space = text.find(' ');
    if (space != 0) {
      words.emplace_back(text.substr(0, space));
    }
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  }
  return words;
}

/// "/exec/" holds what lies under it; "/pods" holds itself and what lies under it.
bool fits(std::string_view prefix, std::string_view path) {
  return path.starts_with(prefix) &&
         (prefix.ends_with('/') || path.size() == prefix.size() || path[prefix.size()] == '/');
}

}  // namespace

/// One table a plugin provides. `running` is guarded by the routes' mutex.
struct PluginRoutes::Offer {
  const pintle_route_table* table;
  void* self;
  std::vector<std::string> prefixes;
  std::atomic<bool> is_going = false;
  int running = 0;
};

const pintle_exchange_table* plugin_exchange_table() {
  return &kExchangeTable;
}

PluginRoutes::PluginRoutes(std::string listener) : listener_(std::move(listener)) {}

PluginRoutes::PluginRoutes(loader::Loader& loader, std::string listener)
    : PluginRoutes(std::move(listener)) {
  loader.on_provided("pintle.route/1", [this](const std::string&, const void* table, void* self,
                                              bool added) { change(table, self, added); });
}

PluginRoutes::~PluginRoutes() = default;

void PluginRoutes::change(const void* table, void* self, bool added) {
  const auto* routes = static_cast<const pintle_route_table*>(table);
  if (to_view(routes->listener) != listener_) {
    return;
  }
  std::unique_lock lock(mutex_);
  if (added) {
    auto offer = std::make_shared<Offer>();
    offer->table = routes;
    offer->self = self;
    offer->prefixes = split_words(to_view(routes->prefixes));
    offers_.push_back(std::move(offer));
    return;
  }
  for (auto it = offers_.begin(); it != offers_.end(); ++it) {
    if ((*it)->table == routes && (*it)->self == self) {
      const auto offer = *it;
      offers_.erase(it);
      offer->is_going = true;
      // Once this returns the plugin's code may be stopped: nothing of ours may still be in it.
      idle_.wait(lock, [&] { return offer->running == 0; });
      return;
    }
  }
}

std::shared_ptr<PluginRoutes::Offer> PluginRoutes::find(std::string_view path) const {
  std::shared_ptr<Offer> best;
  std::size_t best_size = 0;
  for (const auto& offer : offers_) {
    for (const auto& prefix : offer->prefixes) {
      if (prefix.size() > best_size && fits(prefix, path)) {
        best = offer;
        best_size = prefix.size();
      }
    }
  }
  return best;
}

bool PluginRoutes::matches(std::string_view path) const {
  const std::lock_guard lock(mutex_);
  return find(path) != nullptr;
}

void PluginRoutes::serve(const std::string& user, Exchange& exchange) {
  const std::string_view target = exchange.request().target;
  std::shared_ptr<Offer> offer;
  {
    const std::lock_guard lock(mutex_);
    offer = find(target.substr(0, target.find('?')));
    if (offer) {
      ++offer->running;
    }
  }
  if (!offer) {
    answer_error(exchange, {Code::kNotFound, "the server could not find the requested resource"});
    return;
  }
  pintle_exchange handle{exchange, user, offer->is_going};
  offer->table->handle(offer->self, &handle);
  if (!handle.has_answered) {
    answer_error(exchange, {Code::kInternalError, "the plugin gave no answer"});
  }
  const std::lock_guard lock(mutex_);
  --offer->running;
  idle_.notify_all();
}

}  // namespace pintle::http
