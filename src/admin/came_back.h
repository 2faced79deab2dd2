#pragma once
/// @file admin/came_back.h  Which exported messages came back by import and are in the queue, so
/// that the same file is not imported twice.
///
/// A message that is imported has the evidence "import" from its first record on: the id that it
/// had when it was exported. With its sender and time of arrival, which an import keeps, that tells
/// which file it was, and a start finds it again. With the message that ends.
///
/// Threads: any.
#include "spool/spool.h"

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>

namespace imc::admin {

class CameBack {
public:
    /// Whom an envelope file tells of: ids alone begin anew with a new spool.
    using Origin = std::tuple<spool::MessageId, std::string, WallTime>;
    static Origin origin(spool::MessageId exported, const spool::Envelope& envelope)
    {
        return {exported, envelope.sender, envelope.arrived_at};
    }
    static spool::Evidence evidence(spool::MessageId exported);

    /// At start, of each message.
    void found(const spool::Recovered& message);

    /// @return its id now, 0 while it is being stored; nothing: it did not come back
    std::optional<spool::MessageId> find(const Origin& origin) const;
    void begin(const Origin& origin) { stored(origin, {}); }
    void stored(const Origin& origin, spool::MessageId id);
    void forget(const Origin& origin);
    /// When there are many: those that have left.
    void forget_those_that_left(const std::function<bool(spool::MessageId)>& is_there);

private:
    mutable std::mutex mutex_;
    std::map<Origin, spool::MessageId> ids_;
};

}  // namespace imc::admin
