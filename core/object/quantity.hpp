// Quantity: "100m", "1.5Gi", "2e3": Kubernetes' numbers with units, exact.
//
// Source: apimachinery resource.Quantity: value = integer × 10^-9 at the finest, rounded up.

#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace pintle {

class Quantity {
 public:
  enum class Format { kDecimalSi, kBinarySi, kDecimalExponent };

  Quantity() = default;
  static Quantity of_units(std::int64_t units, Format format = Format::kDecimalSi);
  static Quantity of_millis(std::int64_t millis, Format format = Format::kDecimalSi);

  /// Whole units, rounded up, capped to what fits.
  std::int64_t units() const;
  /// Thousandths, rounded up, capped to what fits.
  std::int64_t millis() const;
  bool is_zero() const { return nanos_ == 0; }
  bool is_negative() const { return nanos_ < 0; }

  Quantity& operator+=(const Quantity& other);
  Quantity& operator-=(const Quantity& other);

  friend std::strong_ordering operator<=>(const Quantity& a, const Quantity& b) {
    return a.nanos_ < b.nanos_   ? std::strong_ordering::less
           : a.nanos_ > b.nanos_ ? std::strong_ordering::greater
                                 : std::strong_ordering::equal;
  }
  friend bool operator==(const Quantity& a, const Quantity& b) { return a.nanos_ == b.nanos_; }

  /// The canonical text: "1500m", "1536Mi", "2k".
  std::string to_text() const;

 private:
  friend Result<Quantity> parse_quantity(std::string_view text);

  __extension__ using Wide = __int128;

  Wide nanos_ = 0;
  Format format_ = Format::kDecimalSi;
};

/// Errors: kInvalid ("quantities must match the regular expression ...", as Kubernetes says it).
Result<Quantity> parse_quantity(std::string_view text);

}  // namespace pintle
