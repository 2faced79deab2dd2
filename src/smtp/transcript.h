#pragma once
/// @file smtp/transcript.h  What client and server say to each other, in lines fit for a log.
///
/// Follows the dialogue only as far as it must to know what is no line of it: texts (DATA, BDAT)
/// are counted, and what signs in is never told: the response behind AUTH, the lines that answer
/// a 334, and what a 334 says. What a client says behind AUTH and DATA without waiting for their
/// replies is kept back until those tell what it is; when they refuse, it is not told. After AUTH
/// or DATA only lines that begin with a verb are told. A PROXY header before the greeting is a
/// fact.
///
/// Threads: one at a time.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace imc::smtp {

class Transcript {
public:
    /// Of whom a line is; note: a fact about the connection.
    enum class Voice : std::uint8_t { client, server, note };
    using Take = std::function<void(Voice, std::string_view line)>;
    /// Longest part of a line that is kept, in octets; of the rest the number.
    static constexpr std::size_t most_line = 1000;

    /// @param with_headers  the header section of each text is told, line by line
    Transcript(bool with_headers, Take take);

    void client(std::string_view octets);
    void server(std::string_view octets);
    void note(std::string_view fact) { take_(Voice::note, fact); }
    /// TLS begins: what is half said was said in the clear.
    void restart();

    std::uint64_t client_octets() const { return client_octets_; }
    std::uint64_t server_octets() const { return server_octets_; }

private:
    /// held: what comes depends on a reply that is still to come.
    enum class Mode : std::uint8_t { opening, commands, text, chunk, held, response };

    /// A line that comes in pieces.
    struct Gathered {
        std::string line;
        std::uint64_t dropped = 0;
        bool ends_crlf = false;  ///< of a whole line
        char last = 0;
        /// @return whether the line is whole; `octets` loses what was taken
        bool add(std::string_view& octets);
        std::string take();
    };

    void take_client(std::string_view octets);
    void command();
    void response();
    void reply();
    void take_text(std::string_view& octets);
    void take_chunk(std::string_view& octets);
    void hold(std::string_view& octets);
    void open(std::string_view& octets);
    void go_on(Mode mode);

    static constexpr std::size_t most_held = 64 * 1024;

    Take take_;
    const bool with_headers_;
    Mode mode_ = Mode::opening;
    Gathered from_client_, from_server_;
    std::string held_;
    bool signs_in_ = false;  ///< what is held for: AUTH, not DATA
    bool in_header_ = false;
    bool careful_ = false;      ///< AUTH or DATA was said
    bool after_crlf_ = true;    ///< in a text
    std::size_t expected_ = 1;  ///< replies; the greeting is one
    std::uint64_t text_octets_ = 0, chunk_left_ = 0, not_told_ = 0;
    std::uint64_t client_octets_ = 0, server_octets_ = 0;
};

}  // namespace imc::smtp
