// How Accept is read, and how an object is dressed for it.
//
// Source: apiserver endpoints/handlers/negotiation and response.go.

#include "core/registry/represent.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <vector>

#include "core/api/protobuf.hpp"
#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/object/yaml.hpp"
#include "core/registry/versions.hpp"

namespace pintle::registry {
namespace {

struct Clause {
  std::string type;  // "application/json".
  std::string as;
  std::string group;
  std::string version;
  std::string stream;
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
      clause.stream = value;
    } else if (name == "q") {
      clause.quality = std::strtod(value.c_str(), nullptr);
    }
  }
  return clause;
}

/// The media that a clause's type names; wildcards mean JSON.
std::optional<Representation::Media> media_of(std::string_view type) {
  if (type == "application/json" || type == "application/*" || type == "*/*") {
    return Representation::Media::kJson;
  }
  if (type == "application/yaml") {
    return Representation::Media::kYaml;
  }
  if (type == api::kProtobuf) {
    return Representation::Media::kProtobuf;
  }
  return std::nullopt;
}

std::optional<Representation> serve(const Clause& clause, bool watch) {
  Representation as;
  const auto media = media_of(clause.type);
  const bool is_watchable = media != Representation::Media::kYaml;
  if (!media || (watch && !is_watchable) || clause.quality <= 0 ||
      (!clause.stream.empty() && clause.stream != "watch")) {
    return std::nullopt;
  }
  as.media = *media;
  if (clause.as.empty()) {
    return as;
  }
  if (clause.group != "meta.k8s.io" || clause.version != "v1") {
    return std::nullopt;
  }
  if (clause.as == "Table" && as.media != Representation::Media::kProtobuf) {
    as.form = Representation::Form::kTable;
    return as;
  }
  as.partial_list = clause.as == "PartialObjectMetadataList";
  if (clause.as == "PartialObjectMetadata" || as.partial_list) {
    as.form = Representation::Form::kPartial;
    return as;
  }
  return std::nullopt;
}

Error not_acceptable(bool watch) {
  return {Code::kNotAcceptable,
          watch ? "only the following media types are accepted: application/json;stream=watch, "
                  "application/vnd.kubernetes.protobuf;stream=watch"
                : "only the following media types are accepted: application/json, "
                  "application/yaml, application/vnd.kubernetes.protobuf"};
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

/// The clauses of an Accept header, best first.
std::vector<Clause> clauses_of(std::string_view accept) {
  std::vector<Clause> clauses;
  while (!accept.empty()) {
    clauses.push_back(parse_clause(cut(accept, ',')));
  }
  std::ranges::stable_sort(clauses, std::greater<>(), &Clause::quality);
  return clauses;
}

Result<Representation> choose(std::string_view accept, bool watch) {
  if (accept.empty() || accept == "*/*" || accept == "application/json") {
    return Representation{};
  }
  for (const auto& clause : clauses_of(accept)) {
    if (const auto as = serve(clause, watch)) {
      return *as;
    }
  }
  return not_acceptable(watch);
}

/// "core.PodList": Go's name of the type within the server.
std::string internal_name(const api::Resource& resource, bool is_list) {
  const auto name = resource.type->name;
  return concat({name.substr(0, name.find('/')), ".", resource.kind, is_list ? "List" : ""});
}

Answer answer_bytes(std::string_view content_type, std::string body, int status) {
  return {.status = status,
          .content_type = std::string(content_type),
          .warnings = {},
          .body = std::move(body),
          .source = nullptr};
}

}  // namespace

std::string Representation::content_type() const {
  switch (media) {
    case Media::kJson:
      break;
    case Media::kYaml:
      return "application/yaml";
    case Media::kProtobuf:
      return std::string(api::kProtobuf);
  }
  return "application/json";
}

std::string Representation::stream_content_type() const {
  return media == Media::kJson ? content_type() : content_type() + ";stream=watch";
}

const api::Resource& shown_version(const Representation& as, const api::Resource& served,
                                   const api::Resource& stored) {
  const bool is_cells_alone =
      as.form == Representation::Form::kTable && as.include != api::IncludeObject::kObject;
  return is_cells_alone ? stored : served;
}

Result<Representation> negotiate(std::string_view accept, const Query& query, bool watch) {
  PINTLE_TRY(Representation as, choose(accept, watch));
  as.pretty = !watch && query.boolean("pretty").value_or(false);
  if (as.form == Representation::Form::kTable) {
    PINTLE_TRY(as.include, parse_include(query.text("includeObject")));
  }
  return as;
}

std::string DiscoveryForm::content_type() const {
  return aggregated.empty() ? as.content_type()
                            : concat({as.content_type(), ";g=apidiscovery.k8s.io;v=", aggregated,
                                      ";as=APIGroupDiscoveryList"});
}

Result<DiscoveryForm> negotiate_discovery(std::string_view accept, bool has_aggregated) {
  for (const auto& clause : clauses_of(accept.empty() ? "*/*" : accept)) {
    const auto media = media_of(clause.type);
    if (!media || clause.quality <= 0) {
      continue;
    }
    DiscoveryForm form;
    form.as.media = *media;
    const bool is_version = clause.version == "v2" || clause.version == "v2beta1";
    if (clause.as == "APIGroupDiscoveryList" && clause.group == "apidiscovery.k8s.io" &&
        is_version && has_aggregated) {
      form.aggregated = clause.version;
      return form;
    }
    if (clause.as.empty()) {
      return form;
    }
  }
  return not_acceptable(/*watch=*/false);
}

std::optional<std::size_t> choose_type(std::string_view accept,
                                       std::span<const std::string_view> offered) {
  for (const auto& clause : clauses_of(accept.empty() ? "*/*" : accept)) {
    for (std::size_t i = 0; i < offered.size(); ++i) {
      const bool fits =
          clause.type == offered[i] || clause.type == "application/*" || clause.type == "*/*";
      if (fits && clause.quality > 0) {
        return i;
      }
    }
  }
  return std::nullopt;
}

Representation negotiate_status(std::string_view accept, const Query& query) {
  Representation as;
  for (const auto& clause : clauses_of(accept)) {
    const auto served = clause.as.empty() ? serve(clause, /*watch=*/false) : std::nullopt;
    if (served) {
      as = *served;
      break;
    }
  }
  as.pretty = query.boolean("pretty").value_or(false);
  return as;
}

Result<void> check_form(const Representation& as, const api::Resource& resource, bool is_list) {
  if (as.form != Representation::Form::kPartial || as.partial_list == is_list) {
    return {};
  }
  return Error(Code::kNotAcceptable,
               concat({"you requested PartialObjectMetadata", as.partial_list ? "List" : "",
                       ", but the requested object is ", is_list ? "" : "not ", "a list (*",
                       internal_name(resource, is_list), ")"}));
}

std::string dress(const Representation& as, std::string json) {
  if (as.media == Representation::Media::kYaml) {
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
  if (as.media == Representation::Media::kProtobuf) {
    std::string out;
    if (api::append_protobuf(out, json)) {
      return answer_bytes(api::kProtobuf, std::move(out), status);
    }
    return answer_bytes("application/json", std::move(json), status);
  }
  return answer_bytes(as.content_type(), dress(as, std::move(json)), status);
}

Answer answer_object(const Representation& as, const api::Resource& served,
                     const api::Resource& stored, const Object& object, const Clock& clock,
                     int status) {
  const Shown shown(shown_version(as, served, stored), object);
  std::string json;
  switch (as.form) {
    case Representation::Form::kPlain:
      if (as.media == Representation::Media::kProtobuf) {
        api::append_protobuf(json, served, shown->json());
        return answer_bytes(api::kProtobuf, std::move(json), status);
      }
      json = shown->json();
      break;
    case Representation::Form::kPartial:
      api::append_partial_metadata(json, *shown);
      break;
    case Representation::Form::kTable:
      json = concat({R"({"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":)",
                     R"({"resourceVersion":")", std::to_string(object.revision()),
                     R"("},"columnDefinitions":)", api::column_definitions_json(stored),
                     R"(,"rows":[)"});
      api::append_table_row(json, stored, object, as.include, clock.now(), shown->json());
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
