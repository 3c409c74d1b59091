// The credential files: users and tokens as tables to look up in.

#include "core/auth/credential_files.hpp"

#include <vector>

#include "core/auth/crypto.hpp"
#include "core/auth/csv.hpp"
#include "core/base/concat.hpp"

namespace pintle::auth {
namespace {

constexpr const char* kMasters = "system:masters";

void strip(std::vector<std::string>& groups, const std::string& user,
           const std::filesystem::path& file, Log& log) {
  if (std::erase(groups, kMasters) != 0) {
    log.warning("left system:masters out: a file of credentials does not give it",
                {{"file", file.string()},
                 {"user", user},
                 {"mend", "bind the user to the ClusterRole cluster-admin instead"}});
  }
}

}  // namespace

Result<UserTable> parse_user_table(const FileText& read, const std::filesystem::path& file) {
  PINTLE_TRY(std::vector<User> users, parse_users(read.text, file));
  UserTable table;
  for (auto& user : users) {
    if (is_hashed(user.password)) {
      table.any_hash = user.password;
    }
    auto name = user.name;
    table.by_name.emplace(std::move(name), std::move(user));
  }
  return table;
}

Result<TokenTable> parse_token_table(const FileText& read, const std::filesystem::path& file,
                                     const std::string& digest_key) {
  const auto fault = [&](std::size_t line, std::string_view why) {
    return Error(Code::kInvalid, concat({file.string(), ":", std::to_string(line), ": ", why}));
  };
  PINTLE_TRY(const std::vector<CsvRecord> records, parse_csv(read.text, file));
  TokenTable table;
  for (const auto& record : records) {
    const auto& fields = record.fields;
    if (fields.size() < 3 || fields.size() > 4) {
      return fault(record.line, concat({std::to_string(fields.size()),
                                        " fields; write token,user,uid,\"group1,group2\""}));
    }
    if (fields[0].empty() || fields[1].empty()) {
      return fault(record.line, "the token and the user can't be empty");
    }
    Identity who{
        .user = fields[1],
        .uid = fields[2],
        .groups = fields.size() == 4 ? split_groups(fields[3]) : std::vector<std::string>{},
        .extra = {},
        .authenticator = "token"};
    if (!table.by_digest.emplace(hmac_sha256(digest_key, fields[0]), std::move(who)).second) {
      return fault(record.line, "the token is there twice; remove one line");
    }
  }
  return table;
}

void strip_masters(UserTable& table, const std::filesystem::path& file, Log& log) {
  for (auto& [name, user] : table.by_name) {
    strip(user.groups, name, file, log);
  }
}

void strip_masters(TokenTable& table, const std::filesystem::path& file, Log& log) {
  for (auto& [digest, who] : table.by_digest) {
    strip(who.groups, who.user, file, log);
  }
}

}  // namespace pintle::auth
