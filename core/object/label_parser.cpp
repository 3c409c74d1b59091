// The grammar of label selectors, and its errors, as in apimachinery's labels.Parser.

#include <algorithm>
#include <charconv>

#include "core/base/concat.hpp"
#include "core/object/names.hpp"
#include "core/object/selector.hpp"
#include "core/object/status.hpp"

namespace pintle {
namespace {

using Operator = LabelRequirement::Operator;

constexpr std::string_view kSpecial = "=!(),><";
constexpr std::string_view kSpace = " \t\r\n";

enum class Token { kIdentifier, kSymbol, kEnd };

/// One step of the text: a word, or an operator of one or two characters.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : rest_(text) { step(); }

  Token token() const { return token_; }
  std::string_view literal() const { return literal_; }
  bool is(std::string_view symbol) const { return token_ == Token::kSymbol && literal_ == symbol; }
  bool is_word(std::string_view word) const {
    return token_ == Token::kIdentifier && literal_ == word;
  }

  void step() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(kSpace), rest_.size()));
    std::size_t size = 0;
    token_ = Token::kEnd;
    if (!rest_.empty() && kSpecial.find(rest_.front()) != std::string_view::npos) {
      token_ = Token::kSymbol;
      size = rest_.starts_with("==") || rest_.starts_with("!=") ? 2 : 1;
    } else if (!rest_.empty()) {
      token_ = Token::kIdentifier;
      size = std::min(rest_.find_first_of("=!(),>< \t\r\n"), rest_.size());
    }
    literal_ = rest_.substr(0, size);
    rest_.remove_prefix(size);
  }

 private:
  std::string_view rest_;
  Token token_ = Token::kEnd;
  std::string_view literal_;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {}

  Result<LabelSelector> parse() {
    LabelSelector selector;
    if (lexer_.token() == Token::kEnd) {
      return selector;
    }
    if (!starts_requirement()) {
      return found("expected: !, identifier, or 'end of string'");
    }
    for (;;) {
      PINTLE_TRY(auto requirement, parse_requirement());
      selector.requirements.push_back(std::move(requirement));
      if (lexer_.token() == Token::kEnd) {
        return selector;
      }
      if (!lexer_.is(",")) {
        return found("expected: ',' or 'end of string'");
      }
      lexer_.step();
      if (!starts_requirement()) {
        return found("expected: identifier after ','");
      }
    }
  }

 private:
  bool starts_requirement() const { return lexer_.token() == Token::kIdentifier || lexer_.is("!"); }

  Error found(std::string_view expected) const {
    return {Code::kBadRequest, concat({"found '", lexer_.literal(), "', ", expected})};
  }

  Result<LabelRequirement> parse_requirement() {
    LabelRequirement requirement;
    const bool negated = lexer_.is("!");
    if (negated) {
      lexer_.step();
    }
    if (lexer_.token() != Token::kIdentifier) {
      return found("expected: identifier");
    }
    requirement.key = lexer_.literal();
    lexer_.step();
    if (negated || lexer_.token() == Token::kEnd || lexer_.is(",")) {
      requirement.op = negated ? Operator::kDoesNotExist : Operator::kExists;
    } else {
      PINTLE_TRY_STATUS(parse_condition(requirement));
    }
    PINTLE_TRY_STATUS(check_requirement(requirement));
    return requirement;
  }

  Result<void> parse_condition(LabelRequirement& requirement) {
    const bool in = lexer_.is_word("in");
    if (in || lexer_.is_word("notin")) {
      requirement.op = in ? Operator::kIn : Operator::kNotIn;
      lexer_.step();
      return parse_values(requirement.values);
    }
    if (lexer_.is("=") || lexer_.is("==")) {
      requirement.op = Operator::kIn;
    } else if (lexer_.is("!=")) {
      requirement.op = Operator::kNotIn;
    } else if (lexer_.is(">") || lexer_.is("<")) {
      requirement.op = lexer_.is(">") ? Operator::kGreaterThan : Operator::kLessThan;
    } else {
      return found("expected: in, notin, =, ==, !=, gt, lt");
    }
    lexer_.step();
    return parse_exact_value(requirement.values);
  }

  Result<void> parse_exact_value(std::vector<std::string>& values) {
    if (lexer_.token() == Token::kEnd || lexer_.is(",")) {
      values.emplace_back();
      return {};
    }
    if (lexer_.token() != Token::kIdentifier) {
      return found("expected: identifier");
    }
    values.emplace_back(lexer_.literal());
    lexer_.step();
    return {};
  }

  /// "(a,b,)": a comma with nothing beside it stands for the empty value.
  Result<void> parse_values(std::vector<std::string>& values) {
    if (!lexer_.is("(")) {
      return found("expected: '('");
    }
    lexer_.step();
    if (lexer_.is(")")) {
      lexer_.step();
      return {};
    }
    for (;;) {
      if (lexer_.token() == Token::kIdentifier) {
        values.emplace_back(lexer_.literal());
        lexer_.step();
      } else if (lexer_.is(",") || (lexer_.is(")") && !values.empty())) {
        values.emplace_back();
      } else {
        return found("expected: ',', ')' or identifier");
      }
      if (lexer_.is(")")) {
        lexer_.step();
        return {};
      }
      if (!lexer_.is(",")) {
        return found("expected: ',' or ')'");
      }
      lexer_.step();
    }
  }

  Lexer lexer_;
};

Error refused(std::string_view field, std::string_view shown, std::string_view why) {
  return {Code::kInvalid, concat({field, ": Invalid value: ", shown, ": ", why})};
}

std::string shown(const std::vector<std::string>& values) {
  std::string list = "[]string{";
  for (const auto& value : values) {
    list += list.back() == '{' ? "" : ", ";
    list += quoted(value);
  }
  return list + "}";
}

bool is_integer(std::string_view text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc() && read.ptr == end;
}

Result<void> check_count(const LabelRequirement& requirement) {
  const auto& values = requirement.values;
  switch (requirement.op) {
    case Operator::kIn:
    case Operator::kNotIn:
      return values.empty() ? refused("values", shown(values),
                                      "for 'in', 'notin' operators, values set can't be empty")
                            : Result<void>();
    case Operator::kExists:
    case Operator::kDoesNotExist:
      return values.empty() ? Result<void>()
                            : refused("values", shown(values),
                                      "values set must be empty for exists and does not exist");
    case Operator::kGreaterThan:
    case Operator::kLessThan:
      break;
  }
  if (values.size() != 1) {
    return refused("values", shown(values),
                   "for 'Gt', 'Lt' operators, exactly one value is required");
  }
  return is_integer(values.front())
             ? Result<void>()
             : refused("values[0]", quoted(values.front()),
                       "for 'Gt', 'Lt' operators, the value must be an integer");
}

}  // namespace

Result<void> check_requirement(LabelRequirement& requirement) {
  if (const auto fault = check_label_key(requirement.key)) {
    return refused("key", quoted(requirement.key), *fault);
  }
  PINTLE_TRY_STATUS(check_count(requirement));
  for (std::size_t i = 0; i < requirement.values.size(); ++i) {
    if (const auto fault = check_label_value(requirement.values[i])) {
      return refused(concat({"values[", std::to_string(i), "][", requirement.key, "]"}),
                     quoted(requirement.values[i]), *fault);
    }
  }
  auto& values = requirement.values;
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return {};
}

Result<LabelSelector> parse_label_selector(std::string_view text) {
  auto selector = Parser(text).parse();
  if (!selector.ok()) {
    return Error{Code::kBadRequest, "unable to parse requirement: " + selector.error().message};
  }
  return selector;
}

}  // namespace pintle
