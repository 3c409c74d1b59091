// HtmlLinks: a page on its way to the browser, with the links that begin at the server's root made
// to begin at the proxied thing instead.
//
// Source: apimachinery util/proxy Transport, atomsToAttrs and rewriteURL.

#pragma once

#include <string>
#include <string_view>

namespace pintle::http {

/// `url`, under `prefix` if it is a path from the root. Links to elsewhere, relative ones and those
/// under the prefix already stay as they are. `host` is the backend's own: absolute links to it
/// become paths, too.
std::string rewrite_link(std::string_view url, std::string_view prefix, std::string_view host);

/// A stream of HTML: whole tags are looked at, everything else passes as it is.
class HtmlLinks {
 public:
  HtmlLinks(std::string prefix, std::string host)
      : prefix_(std::move(prefix)), host_(std::move(host)) {}

  void feed(std::string_view data, std::string& out);
  /// What is left when the page is over: an unfinished tag.
  void end(std::string& out);

 private:
  /// How much of `held_` is a whole tag, comment or text; 0 while more must come.
  std::size_t whole_part() const;
  void append_tag(std::string_view tag, std::string& out) const;

  const std::string prefix_;
  const std::string host_;
  std::string held_;       // Not yet passed on; begins with '<' or is empty.
  std::string raw_until_;  // "</script" within a script; "" elsewhere.
};

}  // namespace pintle::http
