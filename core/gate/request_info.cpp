// From method and target to attributes: what RBAC is asked is what the registry will do.
//
// Source: apiserver endpoints/request/requestinfo.go. Stricter in one thing: a path that could be
// read in two ways (an empty, "." or ".." segment, an encoded slash, a NUL) is refused.

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "core/gate/gate.hpp"
#include "core/object/selector.hpp"
#include "core/registry/query.hpp"

namespace pintle::gate {
namespace {

using registry::percent_decode;
using registry::Query;

Error bad_path(std::string_view path, std::string_view why) {
  return {Code::kBadRequest, "the path " + std::string(path) + " " + std::string(why)};
}

/// The decoded segments of `path`, without the empty ones before the first and after the last.
Result<std::vector<std::string>> split_path(std::string_view path) {
  std::string_view rest = path;
  while (rest.starts_with('/')) {
    rest.remove_prefix(1);
  }
  while (rest.ends_with('/')) {
    rest.remove_suffix(1);
  }
  std::vector<std::string> segments;
  while (!rest.empty()) {
    const auto slash = rest.find('/');
    auto segment = percent_decode(rest.substr(0, slash), /*plus_is_space=*/false);
    if (!segment) {
      return bad_path(path, "has a bad escape");
    }
    if (segment->empty() || *segment == "." || *segment == "..") {
      return bad_path(path, "may not have an empty, \".\" or \"..\" segment");
    }
    if (segment->find('/') != std::string::npos || segment->find('\0') != std::string::npos) {
      return bad_path(path, "may not have an encoded slash or NUL");
    }
    segments.push_back(std::move(*segment));
    rest = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
  }
  return segments;
}

std::string_view verb_of(std::string_view method) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kVerbs = {
      {{"GET", "get"},
       {"HEAD", "get"},
       {"POST", "create"},
       {"PUT", "update"},
       {"PATCH", "patch"},
       {"DELETE", "delete"}}};
  const auto* found = std::find_if(kVerbs.begin(), kVerbs.end(),
                                   [&](const auto& row) { return row.first == method; });
  return found == kVerbs.end() ? "" : found->second;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// Reads what follows group and version. REQUIRES: at least one segment from `at` on.
void read_resource(const std::vector<std::string>& parts, std::size_t at, RequestInfo& info) {
  auto& what = info.attributes;
  if (parts[at] == "watch" && parts.size() > at + 1) {
    what.verb = what.verb == "get" ? "watch" : "";  // The old way to ask for a watch.
    ++at;
  }
  if (parts[at] == "namespaces" && parts.size() > at + 1) {
    what.ns = parts[at + 1];
    const bool of_namespace_itself =
        parts.size() > at + 2 && (parts[at + 2] == "status" || parts[at + 2] == "finalize");
    if (parts.size() > at + 2 && !of_namespace_itself) {
      at += 2;
    }
  }
  what.resource = parts[at];
  if (parts.size() > at + 1) {
    what.name = parts[at + 1];
  }
  if (parts.size() > at + 2) {
    what.subresource = parts[at + 2];
  }
  info.goes_deeper = parts.size() > at + 3;
}

/// list, watch and deletecollection: verbs that the path alone does not tell from get and delete.
void refine_verb(RequestInfo& info) {
  auto& what = info.attributes;
  if (!what.name.empty()) {
    return;
  }
  if (what.verb == "delete") {
    what.verb = "deletecollection";
    return;
  }
  if (what.verb == "get") {
    what.verb = "list";
    if (!info.query.empty()) {
      what.verb = Query(info.query).boolean("watch").value_or(false) ? "watch" : "list";
    }
  }
  if ((what.verb == "list" || what.verb == "watch") &&
      info.query.find("fieldSelector") != std::string::npos) {
    const auto fields = parse_field_selector(Query(info.query).text("fieldSelector"));
    const std::string* name = fields.ok() ? fields.value().required("metadata.name") : nullptr;
    if (name != nullptr) {
      what.name = *name;
      info.name_of_selector = true;
    }
  }
}

}  // namespace

Result<RequestInfo> parse_request_info(std::string_view method, std::string_view target) {
  RequestInfo info;
  const auto question = target.find('?');
  const auto path = target.substr(0, question);
  if (question != std::string_view::npos) {
    info.query = target.substr(question + 1);
  }
  PINTLE_TRY(const auto parts, split_path(path));
  for (const auto& part : parts) {
    info.path += '/' + part;
  }
  if (parts.empty()) {
    info.path = "/";
  }

  auto& what = info.attributes;
  what.path = info.path;
  const bool grouped = !parts.empty() && parts[0] == "apis";
  const bool core = !parts.empty() && parts[0] == "api";
  const std::size_t least = grouped ? 4 : 3;
  if ((!grouped && !core) || parts.size() < least) {
    what.verb = lower(method);
    return info;
  }

  what.is_resource = true;
  what.verb = verb_of(method);
  what.group = grouped ? parts[1] : "";
  what.version = parts[grouped ? 2 : 1];
  read_resource(parts, grouped ? 3 : 2, info);
  refine_verb(info);
  return info;
}

}  // namespace pintle::gate
