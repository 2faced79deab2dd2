#pragma once
/// @file queue/copy_keeper.h  Copies, in the archive, of mail that no client brings: reports that
/// the service makes, and what comes back from the quarantine, badmail or an export.
///
/// Threads: any.
#include "spool/spool.h"

#include <optional>

namespace imc::queue {

class CopyKeeper {
public:
    virtual ~CopyKeeper() = default;

    /// Who wants no copies pays for none. At once.
    virtual bool wants() const = 0;

    /// Whom a message was before it came back.
    struct Before {
        spool::MessageId id;
        WallTime arrived_at{};
    };
    /// Before the message is stored, which may give it an id, and evidence of its copy; one that is
    /// known to have a copy gets no other. Blocks.
    /// @return Error: it must not be taken, since no copy of it can be kept
    virtual Result<> keep(spool::NewMessage& message, std::optional<Before> before) = 0;
    /// The same for what the service has to say itself, copy or no copy. Blocks.
    virtual void keep_report(spool::NewMessage& report) = 0;

    /// It was not stored after all. Blocks.
    virtual void discard(const spool::NewMessage& message) = 0;
};

/// Evidence of a message: the name of its copy. Whoever sees the message again knows that it is
/// there, whatever id it has then.
inline constexpr std::string_view archived_evidence = "archived";

}  // namespace imc::queue
