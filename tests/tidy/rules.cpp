// One function a rule. A new room is a new row in kFloor; a new library is a new row in kHomes.

#include "tests/tidy/rules.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "core/base/concat.hpp"

namespace pintle::tidy {
namespace {

/// Rooms from the ground up. A file may include its own room and any room on a lower floor.
const std::map<std::string, int, std::less<>> kFloor = {
    {"core/base", 0},   {"core/object", 1}, {"core/bus", 2},  {"core/api", 2},
    {"core/auth", 3},   {"core/store", 3},  {"core/sdk", 3},  {"core/registry", 4},
    {"core/loader", 4}, {"core/gate", 5},   {"core/http", 6}, {"core/daemon", 7},
};

/// Rooms of a floor that a higher room of the table may still not include.
struct Barred {
  std::string_view room;
  std::string_view from;
};
constexpr Barred kBarred[] = {{"core/auth", "core/bus"}, {"core/auth", "core/api"}};

/// Foreign headers, the longest prefix that fits decides, and the rooms that may include them.
/// Source: ARCHITECTURE.md, the foreign libraries.
struct Home {
  std::string_view prefix;
  std::vector<std::string_view> rooms;
};
const std::vector<Home> kHomes = {
    {"boost/json", {"core/object"}},
    {"boost/", {"core/object"}},
    {"yaml-cpp/", {"core/object"}},
    {"zlib.h", {"core/gate"}},
    {"openssl/ssl.h", {"core/http"}},
    {"openssl/", {"core/auth", "core/http"}},
    {"Poco/Net/", {"core/http"}},
    {"Poco/", {"core/http", "core/daemon"}},
    {"sqlite3.h", {"core/store"}},
    {"dlfcn.h", {"core/loader"}},
    {"crypt.h", {"core/auth"}},
    {"grpc", {"plugins/kubelet"}},
    {"google/protobuf", {"plugins/kubelet"}},
    {"CLI/", {"core/daemon"}},
};

bool is_test(std::string_view path) {
  return path.starts_with("tests/") || path.find("/tests/") != path.npos ||
         path.ends_with("_test.cpp");
}

/// "core/bus/bus.hpp" -> "core/bus"; "" where there is no folder in a folder.
std::string_view room_of(std::string_view path) {
  const auto first = path.find('/');
  const auto second = first == path.npos ? path.npos : path.find('/', first + 1);
  return second == path.npos ? std::string_view() : path.substr(0, second);
}

/// The header named by an #include line with its quote or bracket before it, or "".
std::string_view included(std::string_view line) {
  if (!line.starts_with("#include ") || line.size() < 12) {
    return {};
  }
  line.remove_prefix(9);
  return line.substr(0, line.find_first_of("\">", 1));
}

bool may_include(std::string_view here, std::string_view there) {
  if (here == there) {
    return true;
  }
  if (here.starts_with("plugins/")) {
    return there == "core/sdk" || there == "core/object" || there == "core/base";
  }
  const auto floor_here = kFloor.find(here);
  const auto floor_there = kFloor.find(there);
  if (floor_here == kFloor.end() || floor_there == kFloor.end()) {
    return false;
  }
  const bool barred = std::ranges::any_of(
      kBarred, [&](const Barred& row) { return row.room == here && row.from == there; });
  return floor_there->second < floor_here->second && !barred;
}

const Home* home_of(std::string_view header) {
  const Home* best = nullptr;
  for (const auto& home : kHomes) {
    if (header.starts_with(home.prefix) && (!best || home.prefix.size() > best->prefix.size())) {
      best = &home;
    }
  }
  return best;
}

bool is_house_folder(std::string_view header) {
  return header.starts_with("core/") || header.starts_with("plugins/") ||
         header.starts_with("tests/");
}

}  // namespace

Faults of_floors(const Source& source) {
  Faults faults;
  if (is_test(source.path)) {
    return faults;
  }
  for (const auto& line : source.lines) {
    auto header = included(line);
    header.remove_prefix(std::min<std::size_t>(1, header.size()));
    if (!header.empty() && is_house_folder(header) &&
        !may_include(room_of(source.path), room_of(header))) {
      faults.push_back(
          concat({source.path, " may not include ", header, ": that room is not below its own"}));
    }
  }
  return faults;
}

Faults of_homes(const Source& source) {
  Faults faults;
  if (is_test(source.path)) {
    return faults;
  }
  for (const auto& line : source.lines) {
    auto header = included(line);
    header.remove_prefix(std::min<std::size_t>(1, header.size()));
    const Home* home = home_of(header);
    if (home && std::ranges::find(home->rooms, room_of(source.path)) == home->rooms.end()) {
      faults.push_back(
          concat({source.path, " may not include ", header, "; ", home->rooms.front(), " may"}));
    }
  }
  return faults;
}

Faults of_opening(const Source& source) {
  // A C header says it in a C comment.
  const bool c_header = source.path.ends_with(".h");
  const bool opens = !source.lines.empty() &&
                     source.lines.front().starts_with(c_header ? "/* " : "// ") &&
                     source.lines.front().size() > 12;
  return opens ? Faults() : Faults{concat({source.path, ":1: say what this file is for"})};
}

Faults of_size(const Source& source) {
  constexpr std::size_t kMaxColumns = 100;
  constexpr std::size_t kMaxLines = 500;
  Faults faults;
  for (std::size_t i = 0; i < source.lines.size(); ++i) {
    // Columns are characters: bytes that go on with one are not counted.
    const auto columns = std::ranges::count_if(
        source.lines[i], [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
    if (static_cast<std::size_t>(columns) > kMaxColumns) {
      faults.push_back(concat({source.path, ":", std::to_string(i + 1), ": ",
                               std::to_string(columns), " columns, 100 fit beside another file"}));
    }
  }
  if (source.lines.size() > kMaxLines) {
    faults.push_back(concat({source.path, ": ", std::to_string(source.lines.size()),
                             " lines; past 500, find the second idea and give it a file"}));
  }
  return faults;
}

Faults of_namespace(const Source& source) {
  const std::string_view path = source.path;
  const auto room = room_of(path);
  if (is_test(path) || room.empty() || room == "core/base" || room == "core/object") {
    return {};
  }
  // A tool in a folder of its own within a room may have that folder's name.
  const auto folder = path.substr(0, path.rfind('/'));
  const std::string own = concat({"namespace pintle::", room.substr(room.find('/') + 1)});
  const std::string inner = concat({"namespace pintle::", folder.substr(folder.rfind('/') + 1)});
  const auto opens = [](const std::string& line) { return line.starts_with("namespace pintle"); };
  const auto is_own = [&](const std::string& line) {
    return line.starts_with(own) || line.starts_with(inner);
  };
  if (std::ranges::none_of(source.lines, opens) || std::ranges::any_of(source.lines, is_own)) {
    return {};
  }
  return {concat({source.path, ": its folder is its namespace: ", own})};
}

Faults of_include_paths(const Source& source) {
  Faults faults;
  for (const auto& line : source.lines) {
    const auto header = included(line);
    const bool ours = header.starts_with('"');
    // What protoc makes knows no folders.
    const bool generated = header.ends_with(".pb.h");
    if (ours && !generated && !is_house_folder(header.substr(1))) {
      faults.push_back(
          concat({source.path, " includes ", header.substr(1), " not from the source root"}));
    }
  }
  return faults;
}

}  // namespace pintle::tidy
