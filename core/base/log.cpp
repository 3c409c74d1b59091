// The log that says nothing.

#include "core/base/log.hpp"

namespace pintle {
namespace {

class NullLog final : public Log {
 public:
  bool enabled(LogLevel) const override { return false; }
  void write(LogLevel, std::string_view, std::initializer_list<LogField>) override {}
};

}  // namespace

Log& null_log() {
  static NullLog log;  // Holds nothing, so sharing it between threads is harmless.
  return log;
}

}  // namespace pintle
