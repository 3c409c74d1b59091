// The audit line, shaped as an audit.k8s.io/v1 Event at level Metadata: no body, no header, so no
// secret. Each is one write(2) on a file opened for appending: whole lines, nothing held back.

#include "core/gate/audit.hpp"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/object/json.hpp"

namespace pintle::gate {
namespace {

void append_text(std::string& out, std::string_view key, std::string_view value) {
  if (value.empty()) {
    return;
  }
  out += out.back() == '{' ? "\"" : ",\"";
  out += key;
  out += "\":";
  append_json_string(out, value);
}

void append_user(std::string& out, const auth::Identity& who) {
  out += R"(,"user":{)";
  append_text(out, "username", who.user);
  append_text(out, "uid", who.uid);
  if (!who.groups.empty()) {
    out += out.back() == '{' ? R"("groups":[)" : R"(,"groups":[)";
    for (const auto& group : who.groups) {
      append_json_string(out, group);
      out += ',';
    }
    out.back() = ']';
  }
  out += '}';
}

void append_object(std::string& out, const auth::Attributes& what) {
  if (!what.is_resource) {
    return;
  }
  out += R"(,"objectRef":{)";
  append_text(out, "resource", what.resource);
  append_text(out, "namespace", what.ns);
  append_text(out, "name", what.name);
  append_text(out, "apiGroup", what.group);
  append_text(out, "apiVersion", what.version);
  append_text(out, "subresource", what.subresource);
  out += '}';
}

std::string to_line(const AuditRecord& record) {
  std::string out = R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata",)"
                    R"("stage":"ResponseComplete")";
  append_text(out, "auditID", record.id);
  append_text(out, "requestURI", record.target);
  append_text(out, "verb", record.what.verb.empty() ? record.method : record.what.verb);
  append_user(out, record.who);
  out += R"(,"sourceIPs":[)";
  append_json_string(out, record.remote_address.substr(0, record.remote_address.rfind(':')));
  out += ']';
  append_text(out, "userAgent", record.user_agent);
  append_object(out, record.what);
  out += R"(,"responseStatus":{"metadata":{},"code":)" + std::to_string(record.status);
  append_text(out, "reason", record.reason);
  out += '}';
  append_text(out, "requestReceivedTimestamp", to_rfc3339_micro(record.received));
  append_text(out, "stageTimestamp", to_rfc3339_micro(record.received + record.latency));
  out += R"(,"annotations":{)";
  append_text(out, "authorization.k8s.io/decision", record.decision);
  for (const auto& [key, value] : record.notes) {
    append_text(out, key, value);
  }
  append_text(out, "pintle.dev/authenticator", record.who.authenticator);
  append_text(out, "pintle.dev/latency-us", std::to_string(record.latency.count()));
  out += "}}\n";
  return out;
}

class NoAudit final : public Audit {
 public:
  void write(const AuditRecord&) override {}
};

class FileAudit final : public Audit {
 public:
  explicit FileAudit(int fd) : fd_(fd) {}
  ~FileAudit() override {
    if (fd_ != STDOUT_FILENO) {
      ::close(fd_);
    }
  }

  void write(const AuditRecord& record) override {
    const std::string line = to_line(record);
    const auto written = ::write(fd_, line.data(), line.size());
    if (written == static_cast<ssize_t>(line.size())) {
      failing_ = false;
    } else if (!failing_.exchange(true)) {
      // Said once until it works again: this may come thousands of times a second.
      std::fprintf(stderr, "pintle: audit lines are lost: %s\n", std::strerror(errno));
    }
  }

 private:
  const int fd_;
  std::atomic<bool> failing_{false};
};

}  // namespace

Result<std::unique_ptr<Audit>> Audit::make(const std::filesystem::path& file) {
  if (file.empty()) {
    return std::unique_ptr<Audit>(std::make_unique<NoAudit>());
  }
  if (file == "-") {
    return std::unique_ptr<Audit>(std::make_unique<FileAudit>(STDOUT_FILENO));
  }
  const int fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    return Error{Code::kForbidden, "the audit log " + file.string() +
                                       " can't be opened for appending: " + std::strerror(errno)};
  }
  ::fchmod(fd, 0600);
  return std::unique_ptr<Audit>(std::make_unique<FileAudit>(fd));
}

}  // namespace pintle::gate
