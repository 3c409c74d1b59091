// The ledger: what a store acknowledged, written beside it by someone who trusts nobody.
//
// One line an acknowledgement: "revision type name json .". A line without its dot was being
// written when the writer died, and counts for nothing.

#pragma once

#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <unistd.h>

#include "core/base/assert.hpp"
#include "core/store/store.hpp"

namespace pintle::test {

struct LedgerLine {
  std::string name;
  bool deleted = false;
  std::string json;
};

/// Appends lines; each is on the disk when `write` returns.
class LedgerWriter {
 public:
  explicit LedgerWriter(const std::filesystem::path& path)
      : descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
    PINTLE_ASSERT(descriptor_ >= 0);
    // Ends the line that an earlier writer's death may have cut off.
    PINTLE_ASSERT(::write(descriptor_, "\n", 1) == 1);
  }
  ~LedgerWriter() { ::close(descriptor_); }
  LedgerWriter(const LedgerWriter&) = delete;
  LedgerWriter& operator=(const LedgerWriter&) = delete;

  void write(const Object& object, bool deleted) const {
    std::string line = std::to_string(object.revision()) + (deleted ? " D " : " P ") +
                       object.name() + " " + std::string(object.json()) + " .\n";
    PINTLE_ASSERT(::write(descriptor_, line.data(), line.size()) ==
                  static_cast<ssize_t>(line.size()));
    PINTLE_ASSERT(::fdatasync(descriptor_) == 0);
  }

 private:
  int descriptor_;
};

/// All that was acknowledged, by revision.
using Ledger = std::map<Revision, LedgerLine>;

inline Ledger read_ledger(const std::filesystem::path& path) {
  Ledger ledger;
  std::ifstream file(path);
  std::string text;
  while (std::getline(file, text)) {
    if (!text.ends_with("} .")) {
      continue;
    }
    text.resize(text.size() - 2);
    std::istringstream in(text);
    Revision revision = 0;
    LedgerLine line;
    std::string type;
    in >> revision >> type >> line.name;
    in.get();
    std::getline(in, line.json);
    line.deleted = type == "D";
    ledger.emplace(revision, std::move(line));
  }
  return ledger;
}

}  // namespace pintle::test
