// Rules: matching, covering, wording.

#include "core/auth/rules.hpp"

#include <algorithm>
#include <initializer_list>

#include "core/base/concat.hpp"
#include "core/object/status.hpp"

namespace pintle::auth {
namespace {

using Texts = std::vector<std::string>;

bool has(const Texts& texts, std::string_view wanted) {
  return std::ranges::any_of(texts, [&](const auto& text) { return text == wanted; });
}

bool has_or_all(const Texts& texts, std::string_view wanted) {
  return std::ranges::any_of(texts,
                             [&](const auto& text) { return text == "*" || text == wanted; });
}

/// "*/scale" in a rule stands for the subresource of any resource; "pods" never for "pods/exec".
bool names_resource(const Texts& resources, std::string_view resource,
                    std::string_view subresource) {
  for (const std::string_view text : resources) {
    if (text == "*") {
      return true;
    }
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) {
      if (subresource.empty() && text == resource) {
        return true;
      }
      continue;
    }
    const auto head = text.substr(0, slash);
    if (!subresource.empty() && text.substr(slash + 1) == subresource &&
        (head == "*" || head == resource)) {
      return true;
    }
  }
  return false;
}

bool names_path(const Texts& urls, std::string_view path) {
  return std::ranges::any_of(urls, [&](std::string_view url) {
    if (url == "*" || url == path) {
      return true;
    }
    if (!url.ends_with('*')) {
      return false;
    }
    url.remove_suffix(url.size() - (url.find_last_not_of('*') + 1));
    return path.starts_with(url);
  });
}

/// Rules of one of everything: the units that are held or missing.
std::vector<Rule> split_rule(const Rule& rule) {
  std::vector<Rule> units;
  for (const auto& group : rule.api_groups) {
    for (const auto& resource : rule.resources) {
      for (const auto& verb : rule.verbs) {
        Rule unit{.verbs = {verb},
                  .api_groups = {group},
                  .resources = {resource},
                  .resource_names = {},
                  .non_resource_urls = {}};
        if (rule.resource_names.empty()) {
          units.push_back(std::move(unit));
          continue;
        }
        for (const auto& name : rule.resource_names) {
          unit.resource_names = {name};
          units.push_back(unit);
        }
      }
    }
  }
  for (const auto& url : rule.non_resource_urls) {
    for (const auto& verb : rule.verbs) {
      units.push_back({.verbs = {verb},
                       .api_groups = {},
                       .resources = {},
                       .resource_names = {},
                       .non_resource_urls = {url}});
    }
  }
  return units;
}

/// REQUIRES: `unit` is of split_rule.
bool covers_unit(const Rule& held, const Rule& unit) {
  if (!has_or_all(held.verbs, unit.verbs.front())) {
    return false;
  }
  if (!unit.non_resource_urls.empty()) {
    return names_path(held.non_resource_urls, unit.non_resource_urls.front());
  }
  const std::string_view resource = unit.resources.front();
  const auto slash = resource.find('/');
  const bool names_it =
      slash == std::string_view::npos
          ? names_resource(held.resources, resource, "")
          : names_resource(held.resources, resource.substr(0, slash), resource.substr(slash + 1));
  const bool names_name =
      held.resource_names.empty() ||
      (!unit.resource_names.empty() && has(held.resource_names, unit.resource_names.front()));
  return names_it && names_name && has_or_all(held.api_groups, unit.api_groups.front());
}

bool is_of_one_resource(const Rule& left, const Rule& right) {
  return left.non_resource_urls.empty() && right.non_resource_urls.empty() &&
         left.api_groups == right.api_groups && left.resources == right.resources &&
         left.resource_names == right.resource_names;
}

void append_texts(std::string& out, std::string_view label, const Texts& texts) {
  if (texts.empty()) {
    return;
  }
  out += concat({out.size() > 1 ? ", " : "", label, ":["});
  for (std::size_t i = 0; i < texts.size(); ++i) {
    out += concat({i == 0 ? "" : " ", quoted(texts[i])});
  }
  out += ']';
}

}  // namespace

bool covers(const Rule& rule, const Attributes& what) {
  if (!has_or_all(rule.verbs, what.verb)) {
    return false;
  }
  if (!what.is_resource) {
    return names_path(rule.non_resource_urls, what.path);
  }
  return has_or_all(rule.api_groups, what.group) &&
         names_resource(rule.resources, what.resource, what.subresource) &&
         (rule.resource_names.empty() || has(rule.resource_names, what.name));
}

std::vector<Rule> missing_rules(const std::vector<Rule>& held, const std::vector<Rule>& wanted) {
  std::vector<Rule> missing;
  for (const auto& rule : wanted) {
    for (auto& unit : split_rule(rule)) {
      if (std::ranges::any_of(held, [&](const Rule& own) { return covers_unit(own, unit); })) {
        continue;
      }
      const auto same = std::ranges::find_if(
          missing, [&](const Rule& other) { return is_of_one_resource(other, unit); });
      if (same == missing.end()) {
        missing.push_back(std::move(unit));
      } else if (!has(same->verbs, unit.verbs.front())) {
        same->verbs.push_back(unit.verbs.front());
      }
    }
  }
  return missing;
}

std::string to_text(const Rule& rule) {
  std::string text = "{";
  append_texts(text, "APIGroups", rule.api_groups);
  append_texts(text, "Resources", rule.resources);
  append_texts(text, "NonResourceURLs", rule.non_resource_urls);
  append_texts(text, "ResourceNames", rule.resource_names);
  append_texts(text, "Verbs", rule.verbs);
  return text + "}";
}

}  // namespace pintle::auth
