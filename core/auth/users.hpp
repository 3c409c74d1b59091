// The basic-auth file: CSV lines `password,user,uid,"group1,group2"`, the password plain or hashed
// (`$y$`, `$2b$`). Read by the authenticator, edited by `pintle user`.

#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace pintle::auth {

struct User {
  std::string password;  // Plain, or a crypt(3) hash.
  std::string name;
  std::string uid;
  std::vector<std::string> groups;
};

/// Errors: kInvalid naming file, line and mend; kNotFound.
Result<std::vector<User>> read_users(const std::filesystem::path& file);

/// The users of a file's text. Errors: kInvalid naming `file`, line and mend.
Result<std::vector<User>> parse_users(std::string_view text, const std::filesystem::path& file);

/// Replaces the file atomically, mode 0600.
/// Errors: kForbidden; kInvalid for a user that no such file can hold.
Result<void> write_users(const std::filesystem::path& file, const std::vector<User>& users);

/// A `$y$` hash of `password`.
Result<std::string> hash_password(const std::string& password);

/// In constant time for plain text; ~18 ms for a hash.
bool password_matches(const std::string& stored, const std::string& offered);

bool is_hashed(const std::string& stored);

}  // namespace pintle::auth
