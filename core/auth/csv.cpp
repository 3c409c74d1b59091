// CSV: one pass over the text, a record at a time.

#include "core/auth/csv.hpp"

#include "core/base/concat.hpp"

namespace pintle::auth {
namespace {

class Reader {
 public:
  Reader(std::string_view text, const std::filesystem::path& file) : rest_(text), file_(file) {}

  Result<std::vector<CsvRecord>> read() {
    std::vector<CsvRecord> records;
    while (!rest_.empty()) {
      if (at_line_end()) {
        skip_line_end();
        continue;
      }
      PINTLE_TRY(CsvRecord record, read_record());
      records.push_back(std::move(record));
    }
    return records;
  }

 private:
  Error fault(std::string_view why) const {
    return {Code::kInvalid, concat({file_.string(), ":", std::to_string(line_), ": ", why})};
  }

  bool at_line_end() const {
    return rest_.empty() || rest_.front() == '\n' || rest_.starts_with("\r\n");
  }

  void skip_line_end() {
    rest_.remove_prefix(rest_.empty() ? 0 : rest_.front() == '\n' ? 1 : 2);
    ++line_;
  }

  Result<CsvRecord> read_record() {
    CsvRecord record{.line = line_, .fields = {}};
    for (;;) {
      PINTLE_TRY(std::string field, rest_.starts_with('"') ? read_quoted() : read_plain());
      record.fields.push_back(std::move(field));
      if (at_line_end()) {
        skip_line_end();
        return record;
      }
      rest_.remove_prefix(1);  // The comma.
    }
  }

  Result<std::string> read_plain() {
    const auto end = std::min(rest_.find_first_of(",\n"), rest_.size());
    auto field = rest_.substr(0, end);
    if (end < rest_.size() && rest_[end] == '\n' && field.ends_with('\r')) {
      field.remove_suffix(1);
    }
    if (field.find('"') != std::string_view::npos) {
      return fault("a quote inside a field without quotes; write the whole field in quotes");
    }
    if (field.find('\0') != std::string_view::npos) {
      return fault("a NUL");
    }
    std::string text(field);
    rest_.remove_prefix(field.size());
    return text;
  }

  Result<std::string> read_quoted() {
    rest_.remove_prefix(1);
    std::string field;
    for (;;) {
      const auto quote = rest_.find('"');
      if (quote == std::string_view::npos) {
        return fault("a quote that is not closed");
      }
      for (const char c : rest_.substr(0, quote)) {
        line_ += c == '\n' ? 1 : 0;
        field += c;
      }
      rest_.remove_prefix(quote + 1);
      if (!rest_.starts_with('"')) {
        break;
      }
      field += '"';
      rest_.remove_prefix(1);
    }
    if (!at_line_end() && rest_.front() != ',') {
      return fault("text after a closing quote; double the quotes inside a field");
    }
    if (field.find('\0') != std::string::npos) {
      return fault("a NUL");
    }
    return field;
  }

  std::string_view rest_;
  const std::filesystem::path& file_;
  std::size_t line_ = 1;
};

}  // namespace

Result<std::vector<CsvRecord>> parse_csv(std::string_view text, const std::filesystem::path& file) {
  if (text.starts_with("\xef\xbb\xbf")) {
    text.remove_prefix(3);  // A byte order mark, as some editors leave it.
  }
  return Reader(text, file).read();
}

void append_csv(std::string& out, std::initializer_list<std::string_view> fields) {
  bool first = true;
  for (const auto field : fields) {
    out += first ? "" : ",";
    first = false;
    const bool needs_quotes =
        field.find_first_of(",\"\r\n") != std::string_view::npos || field.starts_with(' ');
    if (!needs_quotes) {
      out += field;
      continue;
    }
    out += '"';
    for (const char c : field) {
      out += c == '"' ? "\"\"" : std::string_view(&c, 1);
    }
    out += '"';
  }
  out += '\n';
}

std::vector<std::string> split_groups(std::string_view text) {
  std::vector<std::string> groups;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    auto group = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    while (group.starts_with(' ')) {
      group.remove_prefix(1);
    }
    while (group.ends_with(' ')) {
      group.remove_suffix(1);
    }
    if (!group.empty()) {
      groups.emplace_back(group);
    }
  }
  return groups;
}

}  // namespace pintle::auth
