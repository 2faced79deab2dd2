#pragma once
/// @file smtp/server/message_reader.h  One message on its way in, by DATA or by BDAT.
///
/// The sink draws from it as fast as it can store. The header section is read whole and shown to
/// Policy before the sink sees an octet; the rest streams through a buffer of 16 KiB.
#include "smtp/server/input.h"
#include "smtp/server/ports.h"

namespace imc::smtp {

/// Goes on with the conversation until the next chunk of the message.
class ChunkSource {
public:
    /// @return  nothing: the transaction is over, there is no next chunk
    virtual net::awaitable<std::optional<Chunk>> next_chunk(Deadline deadline) = 0;

protected:
    ~ChunkSource() = default;
};

class MessageReader final : public BodyReader {
public:
    /// @param chunks  of BDAT, whose first chunk is dialogue.chunk(); null: DATA
    MessageReader(Input& input, const Dialogue& dialogue, Policy& policy, MessageSink& sink,
                  ChunkSource* chunks);

    net::awaitable<Result<std::string_view>> next() override;

    /// To the end mark, or the end of the chunk, past what the sink has left: what comes before it
    /// is never a command.
    net::awaitable<void> finish();

    bool whole() const;                            ///< the end mark or the last chunk has come
    bool abandoned() const { return abandoned_; }  ///< there was no next chunk
    std::optional<ReadFailure> failure() const { return failure_; }
    std::optional<BodyFlaw> flaw() const { return flaw_; }
    const std::optional<Refusal>& refusal() const { return refusal_; }

private:
    bool ended() const { return whole() || failure_ || abandoned_; }
    bool refused() const { return flaw_ || refusal_; }
    net::awaitable<void> read_header();
    net::awaitable<void> read_on();
    net::awaitable<void> read_chunk();
    Deadline deadline() const;

    Input& input_;
    const Dialogue& dialogue_;
    Policy& policy_;
    MessageSink& sink_;
    ChunkSource* chunks_;
    const Deadline last_;
    BodyDecoder decoder_;
    ChunkChecker checker_;
    std::uint64_t left_ = 0;  // of the chunk
    bool last_chunk_ = false;
    bool in_text_ = false;  // the header has been shown
    bool abandoned_ = false;
    bool no_room_ = false;
    std::string piece_;
    std::optional<ReadFailure> failure_;
    std::optional<BodyFlaw> flaw_;
    std::optional<Refusal> refusal_;
};

}  // namespace imc::smtp
