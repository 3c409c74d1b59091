// Formats each message before Poco sees it, so that fields stay fields, and writes it with one
// call.

#include "core/daemon/log_channel.hpp"

#include <Poco/AutoPtr.h>
#include <Poco/Channel.h>
#include <Poco/Logger.h>
#include <Poco/Message.h>
#include <array>
#include <cstdio>
#include <ctime>
#include <string>
#include <unistd.h>

#include "core/base/clock.hpp"
#include "core/object/json.hpp"

namespace pintle::daemon {
namespace {

/// Writes each message as one line with one write(2): lines of two threads never mix.
class LineChannel final : public Poco::Channel {
 public:
  void log(const Poco::Message& message) override {
    const std::string line = message.getText() + '\n';
    std::size_t written = 0;
    while (written < line.size()) {
      const auto n = ::write(STDERR_FILENO, line.data() + written, line.size() - written);
      if (n <= 0) {
        return;  // Nobody reads standard error any more; there is nowhere to say so.
      }
      written += static_cast<std::size_t>(n);
    }
  }
};

constexpr std::array kLetters = {'D', 'I', 'W', 'E'};
constexpr std::array kNames = {"debug", "info", "warning", "error"};
constexpr std::array kPriorities = {Poco::Message::PRIO_DEBUG, Poco::Message::PRIO_INFORMATION,
                                    Poco::Message::PRIO_WARNING, Poco::Message::PRIO_ERROR};

/// "I1123 19:07:00.123456 4711] message key="value"". Source: klog's header, without file and line.
std::string to_klog_line(LogLevel level, std::string_view message,
                         std::initializer_list<LogField> fields) {
  const auto now = SystemClock().now();
  const auto micros = now.time_since_epoch().count();
  const std::time_t seconds = micros / 1'000'000;
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  std::array<char, 96> head{};
  std::snprintf(head.data(), head.size(), "%c%02d%02d %02d:%02d:%02d.%06d %d] ",
                kLetters.at(static_cast<std::size_t>(level)), parts.tm_mon + 1, parts.tm_mday,
                parts.tm_hour, parts.tm_min, parts.tm_sec, static_cast<int>(micros % 1'000'000),
                ::getpid());
  std::string line = head.data();
  line += message;
  for (const auto& [name, value] : fields) {
    line += ' ';
    line += name;
    line += '=';
    append_json_string(line, value);
  }
  return line;
}

std::string to_json_line(LogLevel level, std::string_view message,
                         std::initializer_list<LogField> fields) {
  std::string line = R"({"ts":")" + to_rfc3339_micro(SystemClock().now()) + R"(","level":")" +
                     kNames.at(static_cast<std::size_t>(level)) + R"(","msg":)";
  append_json_string(line, message);
  for (const auto& [name, value] : fields) {
    line += ',';
    append_json_string(line, name);
    line += ':';
    append_json_string(line, value);
  }
  return line + '}';
}

class PocoLog final : public Log {
 public:
  explicit PocoLog(const LogOptions& options)
      : json_(options.format == "json"),
        logger_(Poco::Logger::create("pintle", Poco::AutoPtr<Poco::Channel>(new LineChannel),
                                     options.verbosity >= 4 ? Poco::Message::PRIO_DEBUG
                                                            : Poco::Message::PRIO_INFORMATION)) {}
  ~PocoLog() override { Poco::Logger::destroy("pintle"); }

  bool enabled(LogLevel level) const override {
    return logger_.is(kPriorities.at(static_cast<std::size_t>(level)));
  }

  void write(LogLevel level, std::string_view message,
             std::initializer_list<LogField> fields) override {
    if (!enabled(level)) {
      return;
    }
    auto line = json_ ? to_json_line(level, message, fields) : to_klog_line(level, message, fields);
    logger_.log(
        Poco::Message("pintle", std::move(line), kPriorities.at(static_cast<std::size_t>(level))));
  }

 private:
  const bool json_;
  Poco::Logger& logger_;
};

}  // namespace

std::unique_ptr<Log> make_log(const LogOptions& options) {
  return std::make_unique<PocoLog>(options);
}

}  // namespace pintle::daemon
