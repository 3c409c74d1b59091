// Representation: the form a client wants its answer in, by Accept header and ?pretty=.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/api/tables.hpp"
#include "core/base/clock.hpp"
#include "core/registry/query.hpp"
#include "core/registry/registry.hpp"

namespace pintle::registry {

struct Representation {
  enum class Form { kPlain, kTable, kPartial };
  enum class Media { kJson, kYaml, kProtobuf };

  Form form = Form::kPlain;
  Media media = Media::kJson;
  bool partial_list = false;  // kPartial was asked for as a list.
  bool pretty = false;
  api::IncludeObject include = api::IncludeObject::kMetadata;  // In table rows.

  std::string content_type() const;
  /// Of a watch's frames.
  std::string stream_content_type() const;
};

/// The version that an item is converted to: a table's cells are made of the `stored` one.
const api::Resource& shown_version(const Representation& as, const api::Resource& served,
                                   const api::Resource& stored);

/// The first acceptable clause of `accept`, by quality, then order. A watch can't be YAML, a Table
/// can't be protobuf.
/// Errors: kNotAcceptable listing what is; kInvalid for an unknown ?includeObject=.
Result<Representation> negotiate(std::string_view accept, const Query& query, bool watch);

/// How a discovery document is wanted.
struct DiscoveryForm {
  Representation as;
  std::string aggregated;  // "v2" or "v2beta1" where one list of all is wanted.

  std::string content_type() const;
};

/// The first clause of `accept` that discovery can serve; `has_aggregated` for /api and /apis.
/// Errors: kNotAcceptable.
Result<DiscoveryForm> negotiate_discovery(std::string_view accept, bool has_aggregated);

/// Which of the media types `offered` is wanted; nothing where none is. Wildcards take the first.
std::optional<std::size_t> choose_type(std::string_view accept,
                                       std::span<const std::string_view> offered);

/// How an error's Status is shown: as `accept` wants it, else as JSON. Never fails, so that the
/// error is what the client hears of.
Representation negotiate_status(std::string_view accept, const Query& query);

/// Metadata of one object can't be asked for as a list's, nor the other way round.
/// Errors: kNotAcceptable.
Result<void> check_form(const Representation& as, const api::Resource& resource, bool is_list);

/// `json`, a whole document, as YAML or indented where that is wanted.
std::string dress(const Representation& as, std::string json);

/// One object as `as` wants it, in the version `served`; `stored` is the one that is kept, whose
/// columns show it.
Answer answer_object(const Representation& as, const api::Resource& served,
                     const api::Resource& stored, const Object& object, const Clock& clock,
                     int status = 200);

/// A document that has only one form (a Status, a review). As JSON where protobuf knows no such
/// kind.
Answer answer_json(const Representation& as, std::string json, int status = 200);

/// `json` indented by two spaces, as `kubectl get --raw` of a pretty answer shows it. Part by part:
/// one Indenter sees all parts of one document in order.
class Indenter {
 public:
  void append(std::string& out, std::string_view json);

 private:
  void new_line(std::string& out) const;

  std::size_t depth_ = 0;
  bool in_text_ = false;
  bool escaped_ = false;
  bool just_opened_ = false;  // Nothing yet since the last '{' or '['.
};

}  // namespace pintle::registry
