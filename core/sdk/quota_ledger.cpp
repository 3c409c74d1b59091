// QuotaLedger: what the bus tells, counted per quota; and charges. See quota_ledger.hpp.

#include "core/sdk/quota_ledger.hpp"

#include <algorithm>

#include "core/base/assert.hpp"
#include "core/base/concat.hpp"
#include "core/sdk/metadata.hpp"

namespace pintle::sdk {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kChargeHolds{10};  // A write that was admitted is durable by then, or failed.
constexpr milliseconds kLongestSleep{seconds{30}};

bool is_read_whole(std::string_view resource) {
  return resource == "pods" || resource == "services" || resource == "persistentvolumeclaims";
}

/// What `amounts` has more than `others`, by name.
Amounts beyond(const Amounts& amounts, const Amounts& others) {
  Amounts more;
  for (const auto& [name, amount] : amounts) {
    Quantity rest = amount;
    if (const auto other = others.find(name); other != others.end()) {
      rest -= other->second;
    }
    if (!rest.is_zero() && !rest.is_negative()) {
      more.emplace(name, rest);
    }
  }
  return more;
}

void sum_up(Amounts& total, const Amounts& amounts, const Quota& quota, int sign) {
  for (const auto& [name, amount] : restrict_amounts(amounts, quota.hard)) {
    sign > 0 ? total[name] += amount : total[name] -= amount;
  }
}

}  // namespace

QuotaLedger::QuotaLedger(Host& host, const Clock& clock, Changed changed)
    : host_(host), clock_(clock), changed_(std::move(changed)), client_(host), feed_(host) {
  feed_.follow({.resource = "resourcequotas"},
               [this](std::uint32_t type, const ObjectHandle& quota, const ObjectHandle&) {
                 take_quota(type, quota);
               });
}

QuotaLedger::~QuotaLedger() {
  stop();
}

void QuotaLedger::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void QuotaLedger::stop() {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
}

void QuotaLedger::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    turn(wait_time(), stop);
  }
}

void QuotaLedger::settle() {
  do {
    turn(milliseconds::zero(), {});
  } while (feed_.turn(milliseconds::zero(), {}) || !to_follow_.empty() || !to_tell_.empty());
}

milliseconds QuotaLedger::wait_time() const {
  const std::lock_guard lock(mutex_);
  if (ending_pods_.empty()) {
    return kLongestSleep;
  }
  const auto until = ending_pods_.begin()->first - clock_.now() + milliseconds(1);
  return std::clamp(std::chrono::ceil<milliseconds>(until), milliseconds::zero(), kLongestSleep);
}

void QuotaLedger::turn(milliseconds wait, const std::stop_token& stop) {
  feed_.turn(wait, stop);
  look_for_groups();
  do {
    for (const auto& ns : std::exchange(to_follow_, {})) {
      follow_what_is_limited(ns);
    }
  } while (!stop.stop_requested() &&
           (feed_.turn(milliseconds::zero(), stop) || !to_follow_.empty()));
  {
    const std::lock_guard lock(mutex_);
    count_gone_pods();
    drop_late_charges();
    if (!is_ready_ && quotas_listed_) {
      is_ready_ = std::ranges::all_of(namespaces_, [](const auto& space) {
        return std::ranges::all_of(space.second.sources,
                                   [](const auto& source) { return source.second.is_whole; });
      });
      ready_changed_.notify_all();
    }
  }
  tell();
}

/// What is counted may be of a group that has yet to come: a custom one.
void QuotaLedger::look_for_groups() {
  if (missing_groups_.empty() || clock_.steady() < look_at_) {
    return;
  }
  look_at_ = clock_.steady() + kLongestSleep;
  to_follow_.merge(std::exchange(missing_groups_, {}));
}

void QuotaLedger::tell() {
  for (const auto& ns : std::exchange(to_tell_, {})) {
    if (changed_) {
      changed_(ns);
    }
  }
}

bool QuotaLedger::wait_ready(milliseconds wait) const {
  std::unique_lock lock(mutex_);
  return ready_changed_.wait_for(lock, wait, [this] { return is_ready_; });
}

void QuotaLedger::take_quota(std::uint32_t type, const ObjectHandle& quota) {
  const std::lock_guard lock(mutex_);
  const auto forget = [this](const std::string& ns, const std::string& name) {
    if (const auto space = namespaces_.find(ns); space != namespaces_.end()) {
      space->second.quotas.erase(name);
      to_follow_.insert(ns);
    }
  };
  if (type == PINTLE_RELISTED) {
    for (const auto& [ns, space] : namespaces_) {
      for (const auto& [name, counted] : space.quotas) {
        gone_quotas_.insert(key_of(ns, name));
      }
    }
    return;
  }
  if (type == PINTLE_SYNCED) {
    quotas_listed_ = true;
    for (const auto& key : std::exchange(gone_quotas_, {})) {
      const auto [ns, name] = split_key(key);
      forget(std::string(ns), std::string(name));
    }
    return;
  }
  const std::string ns(quota.ns());
  const std::string name(quota.name());
  gone_quotas_.erase(key_of(ns, name));
  if (type == PINTLE_DELETED) {
    forget(ns, name);
    return;
  }
  // Its status is another's to write, and no reason to count anew.
  auto read = Quota::of(quota.root());
  auto& space = namespaces_[ns];
  auto& counted = space.quotas[name];
  to_tell_.insert(ns);
  if (!counted.quota.is_same_as(read)) {
    counted.quota = std::move(read);
    count_all(space);
    to_follow_.insert(ns);
  }
}

std::optional<Path> QuotaLedger::find_path(const std::string& resource, const std::string& ns) {
  const auto dot = resource.find('.');
  if (dot == std::string::npos) {
    return Path{.resource = resource, .ns = ns};
  }
  const std::string group = resource.substr(dot + 1);
  auto& version = versions_[group];
  if (version.empty()) {
    const auto found = client_.request("GET", "/apis/" + group, "", "");
    const auto parsed = found.ok() ? parse_json(found.value()) : Result<ParsedJson>(found.error());
    if (parsed.ok()) {
      version = text_at(parsed.value().value, {"preferredVersion", "version"});
    }
  }
  if (version.empty()) {
    return std::nullopt;
  }
  return Path{.group = group, .version = version, .resource = resource.substr(0, dot), .ns = ns};
}

void QuotaLedger::follow_what_is_limited(const std::string& ns) {
  std::set<std::string> wanted;
  std::map<std::string, std::uint64_t> unwanted;
  {
    const std::lock_guard lock(mutex_);
    const auto space = namespaces_.find(ns);
    if (space == namespaces_.end()) {
      return;
    }
    for (const auto& [name, counted] : space->second.quotas) {
      wanted.insert(counted.quota.resources.begin(), counted.quota.resources.end());
    }
    for (const auto& [resource, source] : space->second.sources) {
      const bool is_followed = source.feed != 0 && wanted.contains(resource);
      if (is_followed) {
        wanted.erase(resource);
      } else {
        unwanted.emplace(resource, source.feed);
      }
    }
    for (const auto& [resource, feed] : unwanted) {
      space->second.sources.erase(resource);
      std::erase_if(space->second.held, [&](const auto& held) {
        return held.second.stored && held.second.stored->resource == resource;
      });
    }
    if (space->second.quotas.empty()) {
      namespaces_.erase(space);
    }
  }
  for (const auto& [resource, feed] : unwanted) {
    feed_.drop(feed);
  }
  for (const auto& resource : wanted) {
    Source source;
    if (const auto path = find_path(resource, ns)) {
      source.feed = feed_.follow(
          *path, [this, ns, resource](std::uint32_t type, const ObjectHandle& object,
                                      const ObjectHandle&) { take(ns, resource, type, object); });
      // Of what can't be listed there is nothing to count, until it can.
      source.is_whole = feed_.is_refused(source.feed);
    } else {
      source.is_whole = true;  // Nothing is of that group, so nothing is used.
      missing_groups_.insert(ns);
    }
    const std::lock_guard lock(mutex_);
    namespaces_[ns].sources[resource] = source;
  }
  to_tell_.insert(ns);
}

void QuotaLedger::take(const std::string& ns, const std::string& resource, std::uint32_t type,
                       const ObjectHandle& object) {
  std::string uid;
  if (object && is_read_whole(resource)) {
    uid = object.uid();
  } else if (object) {
    JsonArena arena(4096);
    const auto metadata = parse_metadata(object.json(), &arena);
    uid = metadata.ok() ? text_at(metadata.value(), {"uid"}) : std::string_view();
  }
  std::optional<QuotaUse> use;
  if (type == PINTLE_ADDED || type == PINTLE_MODIFIED) {
    use = quota_use_of(resource, is_read_whole(resource) ? object.root() : Value(), clock_.now());
  }

  const std::lock_guard lock(mutex_);
  auto& space = namespaces_[ns];
  auto& source = space.sources[resource];
  if (type == PINTLE_RELISTED) {
    ++source.round;
    return;
  }
  to_tell_.insert(ns);
  if (type == PINTLE_SYNCED) {
    source.is_whole = true;
    std::vector<std::string> gone;
    for (const auto& [known, held] : space.held) {
      if (held.stored && held.stored->resource == resource && held.round != source.round) {
        gone.push_back(known);
      }
    }
    for (const auto& known : gone) {
      put(space, known, std::nullopt);
    }
    return;
  }
  if (use && use->until) {
    ending_pods_.emplace(*use->until, std::pair(ns, uid));
  }
  put(space, uid, use);
  if (const auto held = space.held.find(uid); held != space.held.end()) {
    held->second.round = source.round;
  }
}

void QuotaLedger::put(Namespace& space, const std::string& uid,
                      const std::optional<QuotaUse>& stored) {
  auto& held = space.held[uid];
  add(space, held, -1);
  const bool was_stored = held.stored.has_value();
  held.stored = stored;
  // What was charged has come, or what it was charged for is gone. Of an update it may be an
  // earlier one that came: then the charge stays.
  const bool has_come = stored && held.charged &&
                        (!was_stored || beyond(held.charged->amounts, stored->amounts).empty());
  if (has_come || (was_stored && !stored)) {
    held.charged.reset();
  }
  add(space, held, +1);
  if (!held.stored && !held.charged) {
    space.held.erase(uid);
  }
}

void QuotaLedger::drop_charge(Namespace& space, const std::string& uid) {
  const auto held = space.held.find(uid);
  if (held == space.held.end()) {
    return;
  }
  add(space, held->second, -1);
  held->second.charged.reset();
  add(space, held->second, +1);
  if (!held->second.stored) {
    space.held.erase(held);
  }
}

void QuotaLedger::drop_late_charges() {
  const auto now = clock_.steady();
  while (!charges_.empty() && charges_.front().when <= now) {
    const Due due = std::move(charges_.front());
    charges_.pop_front();
    const auto space = namespaces_.find(due.ns);
    if (space == namespaces_.end()) {
      continue;
    }
    const auto held = space->second.held.find(due.uid);
    // A later charge for the same object has a time of its own.
    if (held != space->second.held.end() && held->second.charged_until <= now) {
      drop_charge(space->second, due.uid);
    }
  }
}

/// A pod that should be gone by now stops counting as one, whether or not it goes.
void QuotaLedger::count_gone_pods() {
  const auto now = clock_.now();
  while (!ending_pods_.empty() && ending_pods_.begin()->first < now) {
    const auto [until, key] = *ending_pods_.begin();
    ending_pods_.erase(ending_pods_.begin());
    const auto space = namespaces_.find(key.first);
    if (space == namespaces_.end()) {
      continue;
    }
    const auto held = space->second.held.find(key.second);
    if (held == space->second.held.end() || !held->second.stored ||
        held->second.stored->until != until) {
      continue;
    }
    auto use = *held->second.stored;
    use.amounts = amounts_of_gone_pod();
    put(space->second, key.second, use);
    to_tell_.insert(key.first);
  }
}

void QuotaLedger::add(Namespace& space, const Held& held, int sign) {
  for (auto& [name, counted] : space.quotas) {
    const bool counts = held.stored && counted.quota.counts(*held.stored);
    if (counts) {
      sum_up(counted.used, held.stored->amounts, counted.quota, sign);
    }
    if (held.charged && counted.quota.counts(*held.charged)) {
      const auto more = beyond(held.charged->amounts, counts ? held.stored->amounts : Amounts());
      sum_up(counted.charged, more, counted.quota, sign);
    }
  }
}

void QuotaLedger::count_all(Namespace& space) {
  for (auto& [name, counted] : space.quotas) {
    counted.used.clear();
    counted.charged.clear();
  }
  for (const auto& [uid, held] : space.held) {
    add(space, held, +1);
  }
}

bool QuotaLedger::is_whole(const Namespace& space, const Quota& quota) const {
  return std::ranges::all_of(quota.resources, [&](const std::string& resource) {
    const auto source = space.sources.find(resource);
    return source != space.sources.end() && source->second.is_whole;
  });
}

bool QuotaLedger::has_quotas(const std::string& ns) const {
  const std::lock_guard lock(mutex_);
  return namespaces_.contains(ns);
}

std::vector<QuotaLedger::Standing> QuotaLedger::standings(const std::string& ns) const {
  const std::lock_guard lock(mutex_);
  std::vector<Standing> all;
  const auto space = namespaces_.find(ns);
  if (space == namespaces_.end()) {
    return all;
  }
  for (const auto& [name, counted] : space->second.quotas) {
    Standing standing{
        .quota = counted.quota, .used = {}, .is_whole = is_whole(space->second, counted.quota)};
    for (const auto& [limit, amount] : counted.quota.hard) {
      if (!counted_resource(limit).empty()) {
        const auto held = counted.used.find(limit);
        standing.used[limit] = held == counted.used.end() ? Quantity() : held->second;
      }
    }
    all.push_back(std::move(standing));
  }
  return all;
}

Result<void> QuotaLedger::charge(const Charge& charge) {
  const std::lock_guard lock(mutex_);
  const auto space = namespaces_.find(charge.ns);
  const Amounts wanted = beyond(charge.use.amounts, charge.before);
  if (space == namespaces_.end() || wanted.empty()) {
    return {};
  }
  drop_late_charges();
  bool is_counted = false;
  for (const auto& [name, counted] : space->second.quotas) {
    if (!counted.quota.counts(charge.use)) {
      continue;
    }
    is_counted = true;
    if (!is_whole(space->second, counted.quota)) {
      continue;
    }
    const Amounts asked = restrict_amounts(wanted, counted.quota.hard);
    Amounts used;
    Amounts exceeded;
    for (const auto& [limit, amount] : asked) {
      Amounts sums = restrict_amounts(counted.used, {{limit, amount}});
      add_amounts(sums, restrict_amounts(counted.charged, {{limit, amount}}));
      Quantity total = used[limit] = sums[limit];
      total += amount;
      if (total > counted.quota.hard.at(limit)) {
        exceeded.emplace(limit, amount);
      }
    }
    if (!exceeded.empty()) {
      return Error(Code::kForbidden,
                   concat({"exceeded quota: ", name, ", requested: ", to_text(exceeded),
                           ", used: ", to_text(restrict_amounts(used, exceeded)), ", limited: ",
                           to_text(restrict_amounts(counted.quota.hard, exceeded))}));
    }
  }
  if (is_counted && charge.holds) {
    auto& held = space->second.held[charge.uid];
    add(space->second, held, -1);
    held.charged = charge.use;
    held.charged_until = clock_.steady() + kChargeHolds;
    add(space->second, held, +1);
    charges_.push_back({held.charged_until, charge.ns, charge.uid});
  }
  return {};
}

}  // namespace pintle::sdk
