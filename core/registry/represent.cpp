// How Accept is read, and how an object is dressed for it.
//
// Source: apiserver endpoints/handlers/negotiation and response.go.

#include "core/registry/represent.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <vector>

#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/object/yaml.hpp"

namespace pintle::registry {
namespace {

struct Clause {
  std::string type;  // "application/json".
  std::string as;
  std::string group;
  std::string version;
  bool stream = false;
  double quality = 1;
};

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

/// Cuts the part of `text` before `separator` off its front.
std::string_view cut(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto part = trim(text.substr(0, end));
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return part;
}

Clause parse_clause(std::string_view text) {
  Clause clause;
  clause.type = cut(text, ';');
  std::ranges::transform(clause.type, clause.type.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  while (!text.empty()) {
    auto parameter = cut(text, ';');
    const auto name = cut(parameter, '=');
    const auto value = std::string(trim(parameter));
    if (name == "as") {
      clause.as = value;
    } else if (name == "g") {
      clause.group = value;
    } else if (name == "v") {
      clause.version = value;
    } else if (name == "stream") {
      clause.stream = true;
    } else if (name == "q") {
      clause.quality = std::strtod(value.c_str(), nullptr);
    }
  }
  return clause;
}

std::optional<Representation> serve(const Clause& clause, bool watch) {
  Representation as;
  const bool any = clause.type == "*/*" || clause.type == "application/*";
  as.yaml = clause.type == "application/yaml";
  if ((!any && !as.yaml && clause.type != "application/json") || (as.yaml && watch) ||
      (clause.stream && !watch) || clause.quality <= 0) {
    return std::nullopt;
  }
  if (clause.as.empty()) {
    return as;
  }
  if (clause.group != "meta.k8s.io" || clause.version != "v1") {
    return std::nullopt;
  }
  if (clause.as == "Table") {
    as.form = Representation::Form::kTable;
    return as;
  }
  if (clause.as == "PartialObjectMetadata" || clause.as == "PartialObjectMetadataList") {
    as.form = Representation::Form::kPartial;
    return as;
  }
  return std::nullopt;
}

Error not_acceptable(bool watch) {
  return {Code::kNotAcceptable,
          watch ? "only the following media types are accepted: application/json, "
                  "application/json;stream=watch"
                : "only the following media types are accepted: application/json, "
                  "application/yaml"};
}

Result<api::IncludeObject> parse_include(std::string_view text) {
  if (text.empty() || text == "Metadata") {
    return api::IncludeObject::kMetadata;
  }
  if (text == "None") {
    return api::IncludeObject::kNone;
  }
  if (text == "Object") {
    return api::IncludeObject::kObject;
  }
  return invalid("meta.k8s.io", "TableOptions", "",
                 {unsupported_value("includeObject", text, {"Metadata", "None", "Object"})});
}

Result<Representation> choose(std::string_view accept, bool watch) {
  if (accept.empty() || accept == "*/*" || accept == "application/json") {
    return Representation{};
  }
  std::vector<Clause> clauses;
  while (!accept.empty()) {
    clauses.push_back(parse_clause(cut(accept, ',')));
  }
  std::ranges::stable_sort(clauses, std::greater<>(), &Clause::quality);
  for (const auto& clause : clauses) {
    if (const auto as = serve(clause, watch)) {
      return *as;
    }
  }
  return not_acceptable(watch);
}

}  // namespace

Result<Representation> negotiate(std::string_view accept, const Query& query, bool watch) {
  PINTLE_TRY(Representation as, choose(accept, watch));
  as.pretty = !watch && query.boolean("pretty").value_or(false);
  if (as.form == Representation::Form::kTable) {
    PINTLE_TRY(as.include, parse_include(query.text("includeObject")));
  }
  return as;
}

std::string dress(const Representation& as, std::string json) {
  if (as.yaml) {
    const auto parsed = parse_json(json, {}, {.max_bytes = json.size(), .max_depth = 1024});
    return parsed.ok() ? to_yaml(parsed.value().value) : json;
  }
  if (!as.pretty) {
    return json;
  }
  std::string out;
  Indenter().append(out, json);
  return out;
}

Answer answer_json(const Representation& as, std::string json, int status) {
  return {.status = status,
          .content_type = as.content_type(),
          .warnings = {},
          .body = dress(as, std::move(json)),
          .source = nullptr};
}

Answer answer_object(const Representation& as, const api::Resource& resource, const Object& object,
                     const Clock& clock, int status) {
  std::string json;
  switch (as.form) {
    case Representation::Form::kPlain:
      json = object.json();
      break;
    case Representation::Form::kPartial:
      api::append_partial_metadata(json, object);
      break;
    case Representation::Form::kTable:
      json = concat({R"({"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":)",
                     R"({"resourceVersion":")", std::to_string(object.revision()),
                     R"("},"columnDefinitions":)", api::column_definitions_json(resource),
                     R"(,"rows":[)"});
      api::append_table_row(json, resource, object, as.include, clock.now());
      json += "]}";
      break;
  }
  return answer_json(as, std::move(json), status);
}

void Indenter::new_line(std::string& out) const {
  out += '\n';
  out.append(2 * depth_, ' ');
}

void Indenter::append(std::string& out, std::string_view json) {
  for (const char c : json) {
    if (in_text_) {
      out += c;
      in_text_ = escaped_ || c != '"';
      escaped_ = !escaped_ && c == '\\';
      continue;
    }
    const bool closes = c == '}' || c == ']';
    if (closes) {
      --depth_;
    }
    if (closes != just_opened_) {  // An empty object or array stays "{}", "[]".
      if (closes || just_opened_) {
        new_line(out);
      }
    }
    just_opened_ = c == '{' || c == '[';
    depth_ += just_opened_ ? 1U : 0U;
    in_text_ = c == '"';
    out += c;
    if (c == ':') {
      out += ' ';
    } else if (c == ',') {
      new_line(out);
    }
  }
}

}  // namespace pintle::registry
