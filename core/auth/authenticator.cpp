// Authentication: certificate, password, token; and the memory that makes warm requests cheap.

#include "core/auth/authenticator.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/auth/base64.hpp"
#include "core/auth/credential_files.hpp"
#include "core/auth/crypto.hpp"
#include "core/auth/service_accounts.hpp"
#include "core/auth/throttle.hpp"
#include "core/base/concat.hpp"

namespace pintle::auth {
namespace {

constexpr std::chrono::seconds kRememberedFor{10};  // A checked password.
constexpr std::size_t kRememberedMax = 10'000;
constexpr std::size_t kMaxHeaderBytes = 32 * 1024;
constexpr const char* kEveryone = "system:authenticated";

/// What a client is told of any refusal. Why it was is for the log only.
Error unauthorized() {
  return {Code::kUnauthorized, "Unauthorized"};
}

struct Login {
  std::string user;
  std::string password;
};

bool equals_ignoring_case(std::string_view left, std::string_view right) {
  return std::ranges::equal(
      left, right, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

/// What follows "<scheme> "; nothing where the header is of another scheme or malformed.
std::optional<std::string_view> credential_of(std::string_view header, std::string_view scheme) {
  if (header.size() > kMaxHeaderBytes || header.size() <= scheme.size() + 1 ||
      !equals_ignoring_case(header.substr(0, scheme.size()), scheme) ||
      header[scheme.size()] != ' ') {
    return std::nullopt;
  }
  const auto credential = header.substr(scheme.size() + 1);
  const bool is_clean =
      std::ranges::all_of(credential, [](char c) { return c > 0x20 && c < 0x7f; });
  return is_clean ? std::optional(credential) : std::nullopt;
}

std::optional<Login> login_of(std::string_view credential) {
  const auto text = parse_base64(credential);
  const auto colon = text ? text->find(':') : std::string::npos;
  if (colon == std::string::npos || colon == 0) {
    return std::nullopt;
  }
  const bool has_controls = std::ranges::any_of(
      *text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (has_controls) {
    return std::nullopt;
  }
  return Login{text->substr(0, colon), text->substr(colon + 1)};
}

Identity identity_of(const User& user) {
  Identity who{.user = user.name,
               .uid = user.uid,
               .groups = user.groups,
               .extra = {},
               .authenticator = "basic"};
  who.groups.emplace_back(kEveryone);
  return who;
}

Identity identity_of(const PeerCertificate& certificate) {
  Identity who{.user = certificate.common_name,
               .uid = "",
               .groups = certificate.organizations,
               .extra = {},
               .authenticator = "x509"};
  who.groups.emplace_back(kEveryone);
  if (!certificate.sha256.empty()) {
    who.extra["authentication.kubernetes.io/credential-id"] = {"X509SHA256=" + certificate.sha256};
  }
  return who;
}

/// Logins that were found good a moment ago, by a keyed digest: no password is kept. Of several
/// equal ones at once only the first is worked out, the others wait for its answer.
class GoodLogins {
 public:
  explicit GoodLogins(const Clock& clock) : clock_(clock) {}

  bool knows(const std::string& digest) {
    const std::lock_guard lock(mutex_);
    return knows_locked(digest);
  }

  /// True if the login is known to be good; else the caller works it out, and then calls finish().
  bool knows_or_begin(const std::string& digest) {
    std::unique_lock lock(mutex_);
    finished_.wait(lock, [&] { return !under_way_.contains(digest); });
    if (knows_locked(digest)) {
      return true;
    }
    under_way_.insert(digest);
    return false;
  }

  void finish(const std::string& digest, bool is_good) {
    {
      const std::lock_guard lock(mutex_);
      under_way_.erase(digest);
      if (is_good) {
        remember_locked(digest);
      }
    }
    finished_.notify_all();
  }

 private:
  bool knows_locked(const std::string& digest) const {
    const auto found = until_.find(digest);
    return found != until_.end() && clock_.steady() < found->second;
  }

  void remember_locked(const std::string& digest) {
    const auto now = clock_.steady();
    if (until_.size() >= kRememberedMax) {
      std::erase_if(until_, [&](const auto& entry) { return entry.second <= now; });
    }
    if (until_.size() < kRememberedMax) {
      until_[digest] = now + kRememberedFor;
    }
  }

  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable finished_;
  std::unordered_map<std::string, SteadyTime> until_;  // Guarded by mutex_.
  std::set<std::string> under_way_;                    // Guarded by mutex_.
};

class FileAuthenticator final : public Authenticator {
 public:
  FileAuthenticator(AuthenticatorOptions options, const Clock& clock, Log& log)
      : options_(std::move(options)),
        clock_(clock),
        log_(log),
        secret_(random_bytes(32)),
        good_logins_(clock),
        throttle_(clock) {}

  Result<void> load(UidOf uid_of) {
    if (!options_.basic_auth_file.empty()) {
      users_.emplace(
          options_.basic_auth_file,
          [this](const FileText& read) -> Result<UserTable> {
            PINTLE_TRY(UserTable table, parse_user_table(read, options_.basic_auth_file));
            return checked(std::move(table), options_.basic_auth_file);
          },
          log_);
      PINTLE_TRY_STATUS(users_->load());
    }
    if (!options_.token_auth_file.empty()) {
      tokens_.emplace(
          options_.token_auth_file,
          [this](const FileText& read) -> Result<TokenTable> {
            PINTLE_TRY(TokenTable table,
                       parse_token_table(read, options_.token_auth_file, secret_));
            return checked(std::move(table), options_.token_auth_file);
          },
          log_);
      PINTLE_TRY_STATUS(tokens_->load());
    }
    if (!options_.service_account_key_file.empty()) {
      PINTLE_TRY(service_accounts_,
                 ServiceAccountTokens::make(options_, std::move(uid_of), clock_));
    }
    return {};
  }

  std::optional<Result<Identity>> identify_now(const Credentials& credentials) override {
    return decide(credentials, false);
  }

  Result<Identity> identify(const Credentials& credentials) override {
    auto decided = decide(credentials, true);
    PINTLE_ASSERT(decided.has_value());
    return std::move(*decided);
  }

  void reload() override {
    if (users_) {
      users_->reload();
    }
    if (tokens_) {
      tokens_->reload();
    }
  }

 private:
  using Decided = std::optional<Result<Identity>>;

  template <typename Table>
  Table checked(Table table, const std::filesystem::path& file) const {
    if (!options_.allows_masters_in_files) {
      strip_masters(table, file, log_);
    }
    return table;
  }

  Decided decide(const Credentials& credentials, bool may_hash) {
    const auto& certificate = credentials.certificate;
    if (certificate) {
      const auto fault = fault_of(*certificate);
      if (fault.empty()) {
        return identity_of(*certificate);
      }
      log_.debug("a client certificate was refused",
                 {{"from", credentials.remote_address}, {"why", fault}});
    }
    if (credentials.authorization.size() > 1) {
      return refused(credentials, "more than one Authorization header");
    }
    if (!credentials.authorization.empty()) {
      return decide_header(credentials, credentials.authorization.front(), may_hash);
    }
    if (certificate || !options_.anonymous) {
      return unauthorized();
    }
    return Identity{.user = "system:anonymous",
                    .uid = "",
                    .groups = {"system:unauthenticated"},
                    .extra = {},
                    .authenticator = "anonymous"};
  }

  Decided decide_header(const Credentials& credentials, std::string_view header, bool may_hash) {
    if (const auto token = credential_of(header, "bearer")) {
      return decide_token(credentials, *token);
    }
    const auto credential = credential_of(header, "basic");
    const auto login = credential ? login_of(*credential) : std::nullopt;
    if (!login) {
      return refused(credentials, "a malformed Authorization header");
    }
    if (!users_) {
      return refused(credentials, "a password, and there is no basic-auth file");
    }
    return decide_login(credentials, *login, may_hash);
  }

  Result<Identity> refused(const Credentials& credentials, std::string_view why) const {
    log_.debug("a request was not authenticated",
               {{"from", credentials.remote_address}, {"why", why}});
    return unauthorized();
  }

  /// Why the certificate names nobody now; "" if it does.
  std::string fault_of(const PeerCertificate& certificate) const {
    const auto now = clock_.now();
    if (!certificate.trusted) {
      return certificate.fault.empty() ? "it is not trusted" : certificate.fault;
    }
    if (now > certificate.not_after) {
      return "it expired at " + to_rfc3339(certificate.not_after);
    }
    if (now < certificate.not_before) {
      return "it is not valid before " + to_rfc3339(certificate.not_before);
    }
    if (certificate.common_name.empty()) {
      return "it has no common name";
    }
    return {};
  }

  Result<Identity> decide_token(const Credentials& credentials, std::string_view token) {
    if (tokens_) {
      const auto table = tokens_->table();
      const auto found = table->by_digest.find(hmac_sha256(secret_, token));
      if (found != table->by_digest.end()) {
        Identity who = found->second;
        who.groups.emplace_back(kEveryone);
        return who;
      }
    }
    if (!service_accounts_) {
      return refused(credentials, "an unknown token");
    }
    auto who = service_accounts_->identify(token);
    if (!who.ok()) {
      return refused(credentials, who.error().message);
    }
    return who;
  }

  Decided decide_login(const Credentials& credentials, const Login& login, bool may_hash) {
    const auto table = users_->table();
    const auto found = table->by_name.find(login.user);
    const User* user = found == table->by_name.end() ? nullptr : &found->second;
    if (table->any_hash.empty()) {
      return try_login(credentials, *table, user, login);
    }
    const auto digest = digest_of(login, user);
    if (!may_hash) {
      return good_logins_.knows(digest) ? Decided(identity_of(*user)) : std::nullopt;
    }
    if (good_logins_.knows_or_begin(digest)) {
      return identity_of(*user);
    }
    auto tried = try_login(credentials, *table, user, login);
    good_logins_.finish(digest, tried.ok());
    return tried;
  }

  Result<Identity> try_login(const Credentials& credentials, const UserTable& table,
                             const User* user, const Login& login) {
    const auto place = place_of(credentials, login);
    if (const auto wait = throttle_.take(place); wait.count() > 0) {
      ErrorDetails details;
      details.retry_after_seconds = static_cast<int>(wait.count());
      return Error(Code::kTooManyRequests, "too many wrong passwords; wait and try again",
                   std::move(details));
    }
    if (!is_right(table, user, login)) {
      return refused(credentials, "a wrong user or password");
    }
    throttle_.forgive(place);
    return identity_of(*user);
  }

  /// In a file with hashes one hash is worked out whoever is asked for: how long an answer takes
  /// does not tell who exists.
  static bool is_right(const UserTable& table, const User* user, const Login& login) {
    if (table.any_hash.empty()) {
      const bool matches = password_matches(user == nullptr ? "-" : user->password, login.password);
      return user != nullptr && matches;
    }
    const bool is_plain = user != nullptr && !is_hashed(user->password);
    const std::string& hash = user == nullptr || is_plain ? table.any_hash : user->password;
    const bool hash_matches = password_matches(hash, login.password);
    const bool matches = is_plain ? password_matches(user->password, login.password) : hash_matches;
    return user != nullptr && matches;
  }

  /// Of the stored password too: a changed one is not remembered as good.
  std::string digest_of(const Login& login, const User* user) const {
    const std::string_view nul("\0", 1);
    return hmac_sha256(secret_, concat({login.user, nul, login.password, nul,
                                        user == nullptr ? "" : user->password}));
  }

  static std::string place_of(const Credentials& credentials, const Login& login) {
    const auto& address = credentials.remote_address;
    return concat(
        {std::string_view(address).substr(0, address.rfind(':')), "/", sha256(login.user)});
  }

  const AuthenticatorOptions options_;
  const Clock& clock_;
  Log& log_;
  const std::string secret_;  // Of this process; keys all digests.
  std::optional<WatchedFile<UserTable>> users_;
  std::optional<WatchedFile<TokenTable>> tokens_;
  std::unique_ptr<ServiceAccountTokens> service_accounts_;
  GoodLogins good_logins_;
  Throttle throttle_;
};

}  // namespace

Result<std::unique_ptr<Authenticator>> Authenticator::make(AuthenticatorOptions options,
                                                           UidOf uid_of, const Clock& clock,
                                                           Log& log) {
  auto made = std::make_unique<FileAuthenticator>(std::move(options), clock, log);
  PINTLE_TRY_STATUS(made->load(std::move(uid_of)));
  return std::unique_ptr<Authenticator>(std::move(made));
}

}  // namespace pintle::auth
