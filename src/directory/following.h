#pragma once
/// @file directory/following.h  Hearing of each change of a directory as it is made.
///
/// A Follower is told `follows` when the server has begun to tell, and from then on of every
/// change; what was answered before that moment it must not believe any more. `hears` says that the
/// connection lives and that nothing the server has shown us is still on its way. Where that cannot
/// be known, `everything` says that anything may have changed. After `lost` nothing is told until
/// the next `follows`.
///
/// A change counts as seen (ldap.h, absence) before the follower is told of it.
///
/// Threads: a Follower is called by one thread at a time, which is the Following's own.
#include "directory/entry.h"

#include "base/error.h"

#include <memory>
#include <optional>
#include <string>

namespace imc {

struct ObjectChange {
    Entry now;  ///< its id and name; when it is there, the attributes that were asked for
    bool gone = false;
    bool leaf = false;  ///< nothing is below it, so that no other object's name has changed
};

class Follower {
public:
    virtual ~Follower() = default;
    /// @param whom  the server, for messages
    virtual void follows(const std::string& whom) = 0;
    virtual void hears() = 0;
    virtual void changed(const ObjectChange& what) = 0;
    virtual void everything() = 0;
    /// @param why  nothing: we have ended it ourselves
    virtual void lost(const std::optional<Error>& why) = 0;
};

/// Ends when it is destroyed, which waits for the thread: up to some seconds while a server that
/// does not answer is asked. Not for a thread of connections.
class Following {
public:
    virtual ~Following() = default;
    /// Begins to end, and waits for nothing.
    virtual void end() = 0;
};

}  // namespace imc
