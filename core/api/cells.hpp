// Cells: the printers a column's cell may name with `@printer argument`.
//
// Each appends one JSON value. Source: kubernetes pkg/printers/internalversion, texts of v1.33.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/api/catalog.hpp"
#include "core/base/clock.hpp"
#include "core/object/json.hpp"

namespace pintle::api {

struct CellInput {
  const Json& object;
  std::string_view argument;  // What follows the printer's name.
  WallTime now;
};

using CellPrinter = std::string (*)(const CellInput&);

struct NamedPrinter {
  std::string_view name;
  CellPrinter print;
};

/// The text of the printer called `name`; null where there is none.
CellPrinter find_printer(std::string_view name);

// One set of printers a file.
std::vector<NamedPrinter> common_printers();
std::vector<NamedPrinter> pod_printers();
std::vector<NamedPrinter> node_printers();
std::vector<NamedPrinter> workload_printers();
std::vector<NamedPrinter> network_printers();
std::vector<NamedPrinter> event_printers();
std::vector<NamedPrinter> storage_printers();
std::vector<NamedPrinter> policy_printers();

/// The value at ".spec.ports[0].name"; null where there is none.
const Json* find_at(const Json& object, std::string_view path);

/// A value as a person reads it: strings bare, the rest as JSON.
std::string plain_text(const Json& value);

/// "5m" since an RFC 3339 time; "<unknown>" where there is none.
std::string age_text(const Json* time, WallTime now);

std::string joined(const std::vector<std::string>& parts, std::string_view separator);

}  // namespace pintle::api
