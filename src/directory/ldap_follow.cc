#include "directory/ldap_directory.h"
#include "directory/ldap_sync.h"
#include "event/caught.h"

#include <algorithm>
#include <csignal>
#include <thread>

namespace imc::ldap {
namespace {

using namespace std::chrono_literals;

constexpr auto begin_time = 5s;       ///< to connect, and to hear that the server tells
constexpr auto ask_every = 500ms;     ///< how far it is
constexpr auto answer_time = 5s;      ///< for that
constexpr auto explained_after = 3s;  ///< a contextCSN is told of by then, or never
constexpr auto slice = 200ms;         ///< a stop is heard after so long
constexpr auto first_pause = 1s;
constexpr auto most_pause = 5min;

class LdapFollowing final : public Following {
public:
    LdapFollowing(LdapDirectory& directory, std::vector<std::string> attributes,
                  std::shared_ptr<Follower> follower)
        : directory_{directory}, attributes_{std::move(attributes)}, follower_{std::move(follower)},
          thread_{[this] { run(); }}
    {}
    LdapFollowing(const LdapFollowing&) = delete;
    LdapFollowing& operator=(const LdapFollowing&) = delete;
    ~LdapFollowing() override
    {
        LdapFollowing::end();
        thread_.join();
    }

    void end() override
    {
        {
            const std::lock_guard lock{mutex_};
            stopping_ = true;
        }
        stopped_.notify_all();
    }

private:
    bool stopping() const
    {
        const std::lock_guard lock{mutex_};
        return stopping_;
    }

    void run()
    {
        // libldap writes to a server that may be gone, and says so well enough.
        sigset_t broken_pipe{};
        sigemptyset(&broken_pipe);
        sigaddset(&broken_pipe, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
        for (auto pause = std::chrono::seconds{first_pause}; !stopping();) {
            following_ = false;
            if (follow_and_tell()) pause = first_pause;
            std::unique_lock lock{mutex_};
            stopped_.wait_for(lock, pause, [this] { return stopping_; });
            pause = std::min<std::chrono::seconds>(2 * pause, most_pause);
        }
    }

    /// Whatever is thrown, it begins again after a while, and who is told of changes knows that he
    /// is not. @return whether it was told of changes
    bool follow_and_tell() noexcept
    {
        std::optional<Error> why;
        try {
            why = follow();
        } catch (...) {
            try {
                why = Error{EventId::directory_unreachable, caught_words()};
            } catch (...) {
                why = Error{EventId::directory_unreachable, {}};
            }
        }
        if (!following_) return false;
        try {
            follower_->lost(stopping() ? std::nullopt : why);
        } catch (...) {  // NOLINT(bugprone-empty-catch): nobody could be told
        }
        return true;
    }

    /// @return  why it has ended
    Error follow()
    {
        auto start = directory_.begin_following(after(begin_time));
        if (!start) return start.error();
        context_ = start->context;
        told_ = start->session->shown;
        unexplained_ = {};
        Sync sync{std::move(start->session), context_};
        const auto url = sync.session().url();
        auto outcome = sync.begin(attributes_, told_.stamps(context_), after(begin_time));
        auto next_question = Deadline::max();
        auto answer_by = after(begin_time);  // the answer to what was asked last
        while (outcome.code == LDAP_SUCCESS && !stopping()) {
            const auto now = std::chrono::steady_clock::now();
            if (now >= answer_by)
                return Error{EventId::directory_unreachable,
                             url + (following_ ? " has stopped answering"
                                               : " does not begin to tell of changes")};
            if (now >= next_question) {
                outcome = sync.ask_how_far(after(answer_time));
                next_question = Deadline::max();
                answer_by = after(answer_time);
                continue;
            }
            auto news = sync.next(std::min(after(slice), next_question));
            if (news.kind == SyncNews::Kind::ended) {
                outcome = std::move(news.outcome);
                if (outcome.code == LDAP_SUCCESS) break;
                continue;
            }
            if (news.kind == SyncNews::Kind::refreshed || news.kind == SyncNews::Kind::alive) {
                next_question = after(ask_every);
                answer_by = Deadline::max();
            }
            take(news, url);
        }
        if (outcome.code == LDAP_SUCCESS)
            return Error{EventId::directory_unreachable, url + " tells of no more changes"};
        return to_error(outcome, url + ", told of changes (syncrepl)");
    }

    void take(const SyncNews& news, const std::string& url)
    {
        SeenChanges stamps;
        for (const auto& stamp : news.stamps)
            stamps.take(context_, stamp);
        // First: who asks another server from now on must not believe it without this change.
        directory_.saw(stamps);
        if (news.kind == SyncNews::Kind::refreshed) {
            following_ = true;
            told_.take(stamps);
            follower_->follows(url);
            return;
        }
        if (!following_) return;
        switch (news.kind) {
        case SyncNews::Kind::change: follower_->changed(news.change); break;
        case SyncNews::Kind::everything: follower_->everything(); break;
        case SyncNews::Kind::alive: compare(stamps); return;
        default: break;
        }
        told_.take(stamps);
        if (!unexplained_.empty() && told_.has(unexplained_)) explained();
    }

    /// The server has come so far: has it told us of all that?
    void compare(const SeenChanges& shown)
    {
        if (told_.has(shown)) return explained();
        if (unexplained_.empty()) {
            unexplained_ = shown;
            unexplained_since_ = std::chrono::steady_clock::now();
            return;
        }
        if (std::chrono::steady_clock::now() - unexplained_since_ < explained_after) return;
        // Something that our account may not see, or that the server does not tell.
        told_.take(unexplained_);
        unexplained_ = {};
        follower_->everything();
    }

    void explained()
    {
        unexplained_ = {};
        follower_->hears();
    }

    LdapDirectory& directory_;
    const std::vector<std::string> attributes_;
    const std::shared_ptr<Follower> follower_;
    mutable std::mutex mutex_;
    std::condition_variable stopped_;
    bool stopping_ = false;

    // Of the thread:
    bool following_ = false;
    std::string context_;
    SeenChanges told_, unexplained_;
    Deadline unexplained_since_{};

    std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace

std::unique_ptr<Following> LdapDirectory::follow(std::vector<std::string> attributes,
                                                 std::shared_ptr<Follower> follower)
{
    return std::make_unique<LdapFollowing>(*this, std::move(attributes), std::move(follower));
}

void LdapDirectory::saw(const SeenChanges& changes) { memory_->take(changes); }

Result<LdapDirectory::SyncStart> LdapDirectory::begin_following(Deadline deadline)
{
    auto session = pool_.open_own(deadline);
    if (!session) return session.error();
    const auto not_offered = [&](const std::string& why) {
        return Error{EventId::directory_refused, (*session)->url() + " " + why};
    };
    std::vector<Found> found;
    auto outcome = (*session)->search({.base = "",
                                       .scope = Scope::base,
                                       .filter = "(objectClass=*)",
                                       .attributes = {"namingContexts", "supportedControl"}},
                                      found, deadline);
    if (outcome.code != LDAP_SUCCESS || found.empty())
        return to_error(outcome, (*session)->url() + ", reading its root");
    const auto& offered = found.front().attributes["supportedControl"];
    if (std::ranges::find(offered, LDAP_CONTROL_SYNC) == offered.end())
        return not_offered("does not tell of changes (RFC 4533)");
    auto contexts = suffixes_of(found.front().attributes["namingContexts"]);
    if (contexts.size() != 1) return not_offered("has several naming contexts for our base");
    // A server that is behind now would tell us old news.
    if (auto age = check_age(**session, contexts, deadline); !age) return age.error();
    if ((*session)->shown.stamps(contexts.front()).empty())
        return not_offered("has no syncprov for " + contexts.front());
    if (memory_->contexts().empty()) memory_->know(contexts);
    saw((*session)->shown);
    return SyncStart{*std::move(session), std::move(contexts.front())};
}

}  // namespace imc::ldap
