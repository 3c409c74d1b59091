// The basic-auth file: read as CSV, written whole, passwords compared in constant time.

#include "core/auth/users.hpp"

#include <algorithm>
#include <crypt.h>
#include <cstring>
#include <memory>
#include <openssl/crypto.h>
#include <set>

#include "core/auth/crypto.hpp"
#include "core/auth/csv.hpp"
#include "core/auth/files.hpp"
#include "core/base/concat.hpp"

namespace pintle::auth {
namespace {

constexpr unsigned long kYescryptCost = 5;  // crypt's default: 16 MiB, about 18 ms.

std::string crypt_text(const std::string& password, const std::string& setting) {
  // 32 KiB: too much for a stack that many workers have.
  const auto data = std::make_unique<crypt_data>();
  const char* made = crypt_rn(password.c_str(), setting.c_str(), data.get(), sizeof(crypt_data));
  std::string text = made == nullptr ? std::string() : std::string(made);
  OPENSSL_cleanse(data.get(), sizeof(crypt_data));
  return text;
}

}  // namespace

Result<std::vector<User>> parse_users(std::string_view text, const std::filesystem::path& file) {
  const auto fault = [&](std::size_t line, std::string_view why) {
    return Error(Code::kInvalid, concat({file.string(), ":", std::to_string(line), ": ", why}));
  };
  PINTLE_TRY(const std::vector<CsvRecord> records, parse_csv(text, file));
  std::vector<User> users;
  std::set<std::string> names;
  for (const auto& record : records) {
    const auto& fields = record.fields;
    if (fields.size() < 3 || fields.size() > 4) {
      return fault(record.line, concat({std::to_string(fields.size()),
                                        " fields; write password,user,uid,\"group1,group2\""}));
    }
    if (fields[0].empty() || fields[1].empty()) {
      return fault(record.line, "the password and the user can't be empty");
    }
    if (fields[1].find(':') != std::string::npos) {
      return fault(record.line,
                   "a user's name can't hold a colon: basic authentication ends there");
    }
    if (!names.insert(fields[1]).second) {
      return fault(record.line,
                   concat({"the user ", fields[1], " is there twice; remove one line"}));
    }
    users.push_back(
        {.password = fields[0],
         .name = fields[1],
         .uid = fields[2],
         .groups = fields.size() == 4 ? split_groups(fields[3]) : std::vector<std::string>{}});
  }
  return users;
}

Result<std::vector<User>> read_users(const std::filesystem::path& file) {
  PINTLE_TRY(const FileText read, read_file(file));
  return parse_users(read.text, file);
}

Result<void> write_users(const std::filesystem::path& file, const std::vector<User>& users) {
  std::string text;
  for (const auto& user : users) {
    std::string groups;
    for (const auto& group : user.groups) {
      groups += (groups.empty() ? "" : ",") + group;
    }
    append_csv(text, {user.password, user.name, user.uid, groups});
  }
  PINTLE_TRY_STATUS(parse_users(text, file));  // What can't be read back is not written.
  return write_file(file, text, 0600);
}

Result<std::string> hash_password(const std::string& password) {
  if (password.empty() || password.find('\0') != std::string::npos || password.size() > 511) {
    return Error(Code::kInvalid, "a password has 1 to 511 bytes and no NUL");
  }
  const std::string random = random_bytes(16);
  std::string setting(CRYPT_GENSALT_OUTPUT_SIZE, '\0');
  if (crypt_gensalt_rn("$y$", kYescryptCost, random.data(), static_cast<int>(random.size()),
                       setting.data(), static_cast<int>(setting.size())) == nullptr) {
    return Error(Code::kInternalError,
                 concat({"crypt can't make a $y$ hash: ", errno_text(errno)}));
  }
  setting.resize(std::strlen(setting.c_str()));
  auto hash = crypt_text(password, setting);
  if (!hash.starts_with("$y$")) {
    return Error(Code::kInternalError, "crypt can't make a $y$ hash");
  }
  return hash;
}

bool is_hashed(const std::string& stored) {
  return stored.starts_with("$y$") || stored.starts_with("$2b$");
}

bool password_matches(const std::string& stored, const std::string& offered) {
  if (!is_hashed(stored)) {
    return equal_in_constant_time(stored, offered);
  }
  // A NUL would end the password early for crypt and not for us.
  const bool has_nul = offered.find('\0') != std::string::npos;
  const auto made = crypt_text(offered, stored);
  return !has_nul && !made.empty() && equal_in_constant_time(made, stored);
}

}  // namespace pintle::auth
