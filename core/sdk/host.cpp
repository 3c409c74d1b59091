// Host: the program a plugin runs in; see host.hpp.

#include "core/sdk/host.hpp"

#include "core/base/assert.hpp"
#include "core/sdk/text.hpp"

namespace pintle::sdk {
namespace {

/// Writes `message key="value" ...` through pintle.log/1.
class HostLog final : public Log {
 public:
  explicit HostLog(const pintle_host* host)
      : host_(host),
        table_(static_cast<const pintle_log_table*>(host->table(host, "pintle.log/1"))) {}

  bool enabled(LogLevel) const override { return table_ != nullptr; }

  void write(LogLevel level, std::string_view message,
             std::initializer_list<LogField> fields) override {
    if (table_ == nullptr) {
      return;
    }
    std::string line(message);
    for (const auto& [key, value] : fields) {
      line.append(" ").append(key).append("=\"").append(value).append("\"");
    }
    table_->write(host_, static_cast<std::uint32_t>(level), to_c(std::string_view(line)));
  }

 private:
  const pintle_host* host_;
  const pintle_log_table* table_;
};

}  // namespace

struct Host::Watch {
  Host* host;
  std::string point;
  Changed changed;
};

Host::Host(const pintle_host* raw)
    : raw_(raw),
      object_(static_cast<const pintle_object_table*>(raw->table(raw, "pintle.object/1"))),
      client_(static_cast<const pintle_client_table*>(raw->table(raw, "pintle.client/1"))),
      bus_(static_cast<const pintle_bus_table*>(raw->table(raw, "pintle.bus/1"))),
      log_(std::make_unique<HostLog>(raw)) {
  PINTLE_ASSERT(object_ != nullptr);
}

Host::~Host() = default;

std::string Host::setting(std::string_view name, std::string_view otherwise) const {
  const auto value = to_view(raw_->setting(raw_, to_c(name)));
  return std::string(value.empty() ? otherwise : value);
}

Result<void> Host::provide(const char* point, const void* table, void* self) {
  return to_result(raw_->provide(raw_, point, table, self));
}

Result<void> Host::on_provided(const char* point, Changed changed) {
  auto watch = std::make_unique<Watch>(Watch{this, point, std::move(changed)});
  Watch* context = watch.get();
  {
    const std::lock_guard lock(mutex_);
    watches_.push_back(std::move(watch));
  }
  return to_result(raw_->on_provided(raw_, context->point.c_str(), &Host::dispatch, context));
}

void Host::dispatch(void* context, const char* plugin, const void* table, void* self,
                    std::uint32_t added) {
  auto& watch = *static_cast<Watch*>(context);
  try {
    watch.changed(Offer{plugin, table, self}, added != 0);
  } catch (...) {
    watch.host->log().error("A callback threw.",
                            {{"point", watch.point}, {"error", describe_exception()}});
  }
}

}  // namespace pintle::sdk
