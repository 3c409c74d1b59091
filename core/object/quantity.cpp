// Exact arithmetic in 10^-9 units; away from zero where a text is finer than that.

#include "core/object/quantity.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "core/base/concat.hpp"

namespace pintle {
namespace {

__extension__ using Wide = __int128;

constexpr Wide kNanosPerUnit = 1'000'000'000;
constexpr Wide kNanosPerMilli = 1'000'000;
/// Kubernetes caps what is larger. Source: resource.maxAllowed.
constexpr Wide kMaxUnits = std::numeric_limits<std::int64_t>::max();
constexpr Wide kMaxNanos = kMaxUnits * kNanosPerUnit;

struct Suffix {
  std::string_view text;
  int power;  // Of ten, or of two where `binary`.
  bool binary;
};

constexpr std::array kSuffixes = {
    Suffix{"n", -9, false}, Suffix{"u", -6, false}, Suffix{"m", -3, false}, Suffix{"", 0, false},
    Suffix{"k", 3, false},  Suffix{"M", 6, false},  Suffix{"G", 9, false},  Suffix{"T", 12, false},
    Suffix{"P", 15, false}, Suffix{"E", 18, false}, Suffix{"Ki", 10, true}, Suffix{"Mi", 20, true},
    Suffix{"Gi", 30, true}, Suffix{"Ti", 40, true}, Suffix{"Pi", 50, true}, Suffix{"Ei", 60, true},
};

std::string_view suffix_text(int power, bool binary) {
  const auto* found = std::ranges::find_if(kSuffixes, [&](const Suffix& suffix) {
    return suffix.power == power && suffix.binary == binary;
  });
  return found != kSuffixes.end() ? found->text : std::string_view();
}

Error malformed() {
  return {Code::kInvalid,
          "quantities must match the regular expression "
          "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The text in its parts, as far as its form goes.
struct Parts {
  bool negative = false;
  std::string_view whole;     // Digits before the point, without leading zeros.
  std::string_view fraction;  // Digits after it.
  std::string_view suffix;
};

std::string_view take_digits(std::string_view& text) {
  const auto end = std::ranges::find_if_not(text, is_digit);
  const auto digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

Result<Parts> split(std::string_view text) {
  Parts parts;
  if (text.starts_with('-') || text.starts_with('+')) {
    parts.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  parts.whole = take_digits(text);
  const bool has_whole = !parts.whole.empty();
  parts.whole.remove_prefix(std::min(parts.whole.find_first_not_of('0'), parts.whole.size()));
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    parts.fraction = take_digits(text);
  }
  if (!has_whole && parts.fraction.empty()) {
    return malformed();
  }

  parts.suffix = text;
  text.remove_prefix(std::min(text.find_first_not_of("eEinumkKMGTP"), text.size()));
  if (text.starts_with('-') || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  take_digits(text);
  return text.empty() ? Result<Parts>(parts) : malformed();
}

struct Scale {
  int power = 0;
  Quantity::Format format = Quantity::Format::kDecimalSi;
};

/// "e3", "E-2": nothing where it is no exponent. Far beyond any use it is as good as its bound.
std::optional<int> exponent_of(std::string_view suffix) {
  if (suffix.size() < 2 || (suffix.front() != 'e' && suffix.front() != 'E')) {
    return std::nullopt;
  }
  suffix.remove_prefix(1);
  const bool negative = suffix.front() == '-';
  if (negative || suffix.front() == '+') {
    suffix.remove_prefix(1);
  }
  constexpr int kBound = 1'000'000;
  int power = 0;
  for (const char c : suffix) {
    if (!is_digit(c)) {
      return std::nullopt;
    }
    power = std::min(kBound, power * 10 + (c - '0'));
  }
  if (suffix.empty()) {
    return std::nullopt;
  }
  return negative ? -power : power;
}

Result<Scale> scale_of(std::string_view suffix) {
  for (const auto& known : kSuffixes) {
    if (known.text == suffix) {
      return Scale{known.power,
                   known.binary ? Quantity::Format::kBinarySi : Quantity::Format::kDecimalSi};
    }
  }
  if (const auto power = exponent_of(suffix)) {
    return Scale{*power, Quantity::Format::kDecimalExponent};
  }
  return Error{Code::kInvalid, "unable to parse quantity's suffix"};
}

Wide power_of_ten(std::size_t power) {
  Wide value = 1;
  for (; power > 0; --power) {
    value *= 10;
  }
  return value;
}

/// REQUIRES: at most 38 digits.
Wide to_number(std::string_view digits) {
  Wide value = 0;
  for (const char c : digits) {
    value = value * 10 + (c - '0');
  }
  return value;
}

bool any_digit_but_zero(std::string_view digits) {
  return digits.find_first_not_of('0') != std::string_view::npos;
}

/// The nanos of `whole`.`fraction` × 10^power, rounded up and capped.
Wide decimal_nanos(const Parts& parts, int power) {
  std::string digits = concat({parts.whole, parts.fraction});
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (digits.empty()) {
    return 0;
  }
  // The number is `digits` × 10^shift nanos.
  const auto shift =
      static_cast<std::int64_t>(power) + 9 - static_cast<std::int64_t>(parts.fraction.size());
  const auto size = static_cast<std::int64_t>(digits.size());
  constexpr std::int64_t kDigitsOfMax = 28;
  if (size + shift > kDigitsOfMax) {
    return kMaxNanos;
  }
  if (shift >= 0) {
    return std::min(kMaxNanos, to_number(digits) * power_of_ten(static_cast<std::size_t>(shift)));
  }
  if (size + shift <= 0) {
    return 1;
  }
  const std::string_view all = digits;
  const auto kept = static_cast<std::size_t>(size + shift);
  const Wide rounding = any_digit_but_zero(all.substr(kept)) ? 1 : 0;
  return std::min(kMaxNanos, to_number(all.substr(0, kept)) + rounding);
}

/// The nanos of `whole`.`fraction` × 2^power, rounded up and capped.
Wide binary_nanos(const Parts& parts, int power) {
  constexpr std::size_t kDigitsOfMax = 19;
  if (parts.whole.size() > kDigitsOfMax) {
    return kMaxNanos;
  }
  const Wide factor = static_cast<Wide>(1) << power;
  const Wide whole = to_number(parts.whole);
  if (whole > kMaxUnits / factor) {
    return kMaxNanos;
  }
  // 20 digits times 2^60 is what fits; what is cut off is smaller than any byte.
  constexpr std::size_t kDigitsThatFit = 20;
  const auto kept = parts.fraction.substr(0, kDigitsThatFit);
  const Wide divisor = power_of_ten(kept.size());
  const Wide scaled = to_number(kept) * factor;
  const Wide finer = scaled % divisor * kNanosPerUnit;
  Wide nanos = whole * factor * kNanosPerUnit + scaled / divisor * kNanosPerUnit + finer / divisor;
  if (finer % divisor != 0 || any_digit_but_zero(parts.fraction.substr(kept.size()))) {
    ++nanos;
  }
  return std::min(kMaxNanos, nanos);
}

/// `nanos` / `per`, rounded away from zero and capped to what fits.
std::int64_t divide_up(Wide nanos, Wide per) {
  Wide value = nanos / per;
  if (nanos % per != 0) {
    value += nanos < 0 ? -1 : 1;
  }
  return static_cast<std::int64_t>(std::clamp(value, -kMaxUnits - 1, kMaxUnits));
}

std::string digits_of(Wide number) {
  std::string text;
  do {
    text += static_cast<char>('0' + static_cast<int>(number % 10));
    number /= 10;
  } while (number > 0);
  std::ranges::reverse(text);
  return text;
}

std::string binary_text(Wide nanos) {
  Wide number = divide_up(nanos, kNanosPerUnit);
  int power = 0;
  while (number % 1024 == 0 && number != 0) {
    number /= 1024;
    power += 10;
  }
  return concat({digits_of(number), power == 0 ? "" : suffix_text(power, /*binary=*/true)});
}

std::string decimal_text(Wide nanos, bool exponent) {
  int power = -9;
  while (nanos % 1000 == 0 && power < 18) {
    nanos /= 1000;
    power += 3;
  }
  if (!exponent || power == 0) {
    return concat({digits_of(nanos), suffix_text(power, /*binary=*/false)});
  }
  return concat({digits_of(nanos), "e", std::to_string(power)});
}

}  // namespace

Result<Quantity> parse_quantity(std::string_view text) {
  PINTLE_TRY(const Parts parts, split(text));
  PINTLE_TRY(const Scale scale, scale_of(parts.suffix));

  Quantity quantity;
  quantity.format_ = scale.format;
  const bool binary = scale.format == Quantity::Format::kBinarySi;
  quantity.nanos_ = binary ? binary_nanos(parts, scale.power) : decimal_nanos(parts, scale.power);
  if (binary && quantity.nanos_ > 0 && quantity.nanos_ < kNanosPerUnit) {
    // Less than one byte has no binary form.
    quantity.format_ = Quantity::Format::kDecimalSi;
  }
  if (parts.negative) {
    quantity.nanos_ = -quantity.nanos_;
  }
  return quantity;
}

Quantity Quantity::of_units(std::int64_t units, Format format) {
  Quantity quantity;
  quantity.nanos_ = units * kNanosPerUnit;
  quantity.format_ = format;
  return quantity;
}

Quantity Quantity::of_millis(std::int64_t millis, Format format) {
  Quantity quantity;
  quantity.nanos_ = millis * kNanosPerMilli;
  quantity.format_ = format;
  return quantity;
}

std::int64_t Quantity::units() const {
  return divide_up(nanos_, kNanosPerUnit);
}

std::int64_t Quantity::millis() const {
  return divide_up(nanos_, kNanosPerMilli);
}

Quantity& Quantity::operator+=(const Quantity& other) {
  // As in Kubernetes, zero has no format of its own.
  if (is_zero()) {
    format_ = other.format_;
  }
  nanos_ = std::clamp(nanos_ + other.nanos_, -kMaxNanos, kMaxNanos);
  return *this;
}

Quantity& Quantity::operator-=(const Quantity& other) {
  if (is_zero()) {
    format_ = other.format_;
  }
  nanos_ = std::clamp(nanos_ - other.nanos_, -kMaxNanos, kMaxNanos);
  return *this;
}

std::string Quantity::to_text() const {
  if (is_zero()) {
    return "0";
  }
  const Wide size = nanos_ < 0 ? -nanos_ : nanos_;
  // The binary form has no place for what stands behind the point.
  const bool binary =
      format_ == Format::kBinarySi && size >= 1024 * kNanosPerUnit && size % kNanosPerUnit == 0;
  const std::string text =
      binary ? binary_text(size) : decimal_text(size, format_ == Format::kDecimalExponent);
  return nanos_ < 0 ? "-" + text : text;
}

}  // namespace pintle
