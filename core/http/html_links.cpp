// Finding tags and the links in them.

#include "core/http/html_links.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "core/base/concat.hpp"

namespace pintle::http {
namespace {

constexpr std::size_t kMaxTag = 64 * 1024;  // Longer ones pass as they are.

struct Link {
  std::string_view tag;
  std::string_view attributes;  // Space-separated.
};

/// Source: atomsToAttrs.
constexpr std::array kLinks = {
    Link{"a", "href"},
    Link{"applet", "codebase"},
    Link{"area", "href"},
    Link{"audio", "src"},
    Link{"base", "href"},
    Link{"blockquote", "cite"},
    Link{"body", "background"},
    Link{"button", "formaction"},
    Link{"command", "icon"},
    Link{"del", "cite"},
    Link{"embed", "src"},
    Link{"form", "action"},
    Link{"frame", "longdesc src"},
    Link{"head", "profile"},
    Link{"html", "manifest"},
    Link{"iframe", "longdesc src"},
    Link{"img", "longdesc src usemap"},
    Link{"input", "src usemap formaction"},
    Link{"ins", "cite"},
    Link{"link", "href"},
    Link{"object", "classid codebase data usemap"},
    Link{"q", "cite"},
    Link{"script", "src"},
    Link{"source", "src"},
    Link{"video", "poster src"},
};

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool has_word(std::string_view words, std::string_view word) {
  for (std::size_t at = 0; at < words.size();) {
    const auto end = std::min(words.find(' ', at), words.size());
    if (words.substr(at, end - at) == word) {
      return true;
    }
    at = end + 1;
  }
  return false;
}

std::string name_of_tag(std::string_view tag) {
  const auto end = std::find_if(tag.begin() + 1, tag.end(),
                                [](char c) { return is_space(c) || c == '>' || c == '/'; });
  return lower(std::string_view(tag.begin() + 1, end));
}

/// Where `needle`, lower case, begins in `text`, whatever its case.
std::size_t find_ignoring_case(std::string_view text, std::string_view needle) {
  const auto found = std::search(text.begin(), text.end(), needle.begin(), needle.end(),
                                 [](unsigned char a, char b) { return std::tolower(a) == b; });
  return found == text.end() ? std::string_view::npos
                             : static_cast<std::size_t>(found - text.begin());
}

/// The size of the tag that `text` begins with; 0 while its end has not come.
std::size_t size_of_tag(std::string_view text) {
  char quote = 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      quote = c == quote ? 0 : quote;
    } else if ((c == '"' || c == '\'') && text[i - 1] == '=') {
      quote = c;
    } else if (c == '>') {
      return i + 1;
    }
  }
  return 0;
}

}  // namespace

std::string rewrite_link(std::string_view url, std::string_view prefix, std::string_view host) {
  std::string_view path = url;
  for (const std::string_view scheme : {"http://", "https://", "//"}) {
    if (!url.starts_with(scheme)) {
      continue;
    }
    const auto rest = url.substr(scheme.size());
    const auto end = std::min(rest.find_first_of("/?#"), rest.size());
    if (rest.substr(0, end) != host) {
      return std::string(url);
    }
    path = rest.substr(end);
    path = path.empty() ? "/" : path;
    break;
  }
  const bool is_below =
      path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
  if (!path.starts_with('/') || is_below) {
    return std::string(url);
  }
  return concat({prefix, path});
}

void HtmlLinks::append_tag(std::string_view tag, std::string& out) const {
  const auto name = name_of_tag(tag);
  const auto* link = std::ranges::find(kLinks, std::string_view(name), &Link::tag);
  if (link == kLinks.end()) {
    out += tag;
    return;
  }
  std::size_t copied = 0;
  std::size_t at = 1 + name.size();
  while (at < tag.size()) {
    const auto begin = std::find_if_not(tag.begin() + static_cast<std::ptrdiff_t>(at), tag.end(),
                                        [](char c) { return is_space(c) || c == '/'; });
    const auto end = std::find_if(
        begin, tag.end(), [](char c) { return is_space(c) || c == '=' || c == '>' || c == '/'; });
    const auto attribute = lower(std::string_view(begin, end));
    at = static_cast<std::size_t>(end - tag.begin());
    if (attribute.empty()) {
      ++at;
      continue;
    }
    if (at >= tag.size() || tag[at] != '=') {
      continue;
    }
    ++at;
    const char quote = at < tag.size() && (tag[at] == '"' || tag[at] == '\'') ? tag[at] : '\0';
    at += quote == '\0' ? 0 : 1;
    const auto value_end = std::min(
        quote == '\0' ? tag.find_first_of(" \t\n\r\f>", at) : tag.find(quote, at), tag.size());
    if (has_word(link->attributes, attribute)) {
      out += tag.substr(copied, at - copied);
      out += rewrite_link(tag.substr(at, value_end - at), prefix_, host_);
      copied = value_end;
    }
    at = value_end + (quote == '\0' ? 0 : 1);
  }
  out += tag.substr(copied);
}

std::size_t HtmlLinks::whole_part() const {
  constexpr std::string_view kComment = "<!--";
  const std::string_view held = held_;
  if (held.starts_with(kComment)) {
    const auto end = held.find("-->", kComment.size());
    return end == std::string_view::npos ? 0 : end + 3;
  }
  if (held.size() < kComment.size() && kComment.starts_with(held)) {
    return 0;
  }
  return size_of_tag(held);
}

void HtmlLinks::feed(std::string_view data, std::string& out) {
  held_ += data;
  while (!held_.empty()) {
    if (!raw_until_.empty()) {
      const auto end = find_ignoring_case(held_, raw_until_);
      // What may be the beginning of the closing tag waits for the rest of it.
      const auto safe = end != std::string_view::npos      ? end
                        : held_.size() > raw_until_.size() ? held_.size() - raw_until_.size()
                                                           : 0;
      out.append(held_, 0, safe);
      held_.erase(0, safe);
      if (end == std::string_view::npos) {
        return;
      }
      raw_until_.clear();
    }
    const auto text = std::min(held_.find('<'), held_.size());
    out.append(held_, 0, text);
    held_.erase(0, text);
    if (held_.empty()) {
      return;
    }
    const auto size = whole_part();
    if (size == 0 && held_.size() < kMaxTag) {
      return;
    }
    if (size == 0) {
      end(out);
      return;
    }
    const std::string tag = held_.substr(0, size);
    held_.erase(0, size);
    append_tag(tag, out);
    const auto name = name_of_tag(tag);
    raw_until_ = name == "script" || name == "style" ? concat({"</", name}) : "";
  }
}

void HtmlLinks::end(std::string& out) {
  out += held_;
  held_.clear();
}

}  // namespace pintle::http
