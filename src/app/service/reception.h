#pragma once
/// @file app/service/reception.h  One generation as clients meet it: terms of each listener, rules,
/// who may sign in. A session keeps the one it began with.
///
/// Threads: serve() on the executors of the listeners; the rest from any.
#include "app/service/auth_desk.h"
#include "app/service/authenticator.h"
#include "app/service/dequeue_desk.h"
#include "app/service/link_keeper.h"
#include "app/service/policy_book.h"
#include "app/service/session_ports.h"
#include "app/service/submission_rules.h"
#include "app/service/tls_doors.h"
#include "smtp/server/terms.h"

#include <map>

namespace imc::app {

/// What all generations share; outlives every session.
struct ReceptionParts {
    spool::Spool& spool;
    queue::Queue& queue;
    EventLog& events;
    metrics::Registry& metrics;
    BodyBudget& budget;
    boost::asio::thread_pool& background;
    boost::asio::thread_pool& disk;
    std::atomic<bool>& directory_silent;
    smtp::Sessions& sessions;
    TlsDoors& tls;
    PolicyBook& book;
    AuthDesk& desk;
    Tracker& tracker;
    const LinkKeeper& link;
    tracking::Archive& archive;
    const TakenCounters& counted;
};

class Reception {
public:
    Reception(ReceptionParts parts, std::shared_ptr<const transfer::RecipientResolver> resolver,
              const config::People& people, std::shared_ptr<RecipientCache> cache);

    /// Speaks with one client of the listener `where` until the end. @param where  read before
    /// this returns
    static boost::asio::awaitable<void> serve(std::shared_ptr<Reception> self,
                                              const config::ListenerSetting& where,
                                              std::unique_ptr<smtp::Stream> stream,
                                              smtp::Peer peer);

private:
    /// With a certificate and without: it may come and go while the generation stays.
    struct Offers {
        std::shared_ptr<const smtp::Terms> sealed, plain;
    };

    static boost::asio::awaitable<void> speak(std::shared_ptr<Reception> self,
                                              std::unique_ptr<smtp::Stream> stream,
                                              std::unique_ptr<smtp::Dialogue> dialogue,
                                              std::shared_ptr<const smtp::TlsServer> tls);

    ReceptionParts parts_;
    std::shared_ptr<const transfer::RecipientResolver> resolver_;
    std::map<std::string, Offers> offers_;  ///< by listener
    DirectoryAuthenticator authenticator_;
    SubmissionPolicy submission_;
    DequeueDesk dequeue_;
};

}  // namespace imc::app
