#pragma once
/// @file mail/seven_bit.h  A message for a host that takes 7-bit text only (RFC 6152 3).
///
/// Two passes: SevenBitPlanner looks at all of the message and says what becomes of each part,
/// SevenBitWriter writes it. Both are fed piece by piece, whatever the cuts, and hold a line of at
/// most 8 KiB and the boundaries around it. Only parts that need it change: their text becomes
/// quoted-printable or base64, whichever is shorter (base64 if a CR or LF stands alone), and their
/// Content-Transfer-Encoding says so. Header fields otherwise stay as they are, 8-bit ones too. A
/// part without Content-Type is named text/plain; charset=unknown-8bit. 8-bit octets outside of
/// every part (before the first and after the last boundary) become '?'.
///
/// What is signed or encrypted as a whole cannot be changed: the plan has a flaw.
///
/// Rules:   RFC 2045 6 (encodings; 6.4: multiparts and messages have none), 2046 5, 1428
///          (unknown-8bit), 1847 2.1 (multipart/signed), 3030 3, RFC 3156
/// KB:      Q195215, Q295734, Q198415; Q146993 (a text that does not end in CRLF)
/// Threads: one owner at a time.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace imc::mail {

enum class PartCoding : std::uint8_t { as_is, quoted_printable, base64 };

struct SevenBitPlan {
    std::vector<PartCoding> parts;  ///< of each header, in order; as_is for those beyond the end
    std::string flaw;               ///< why the message cannot be converted; empty: it can
    std::uint64_t octets = 0;       ///< about what will be written
    bool relabelled = false;        ///< a part calls itself 8bit, and is not
    bool changes() const;
};

class PartScanner;

class SevenBitPlanner {
public:
    SevenBitPlanner();
    ~SevenBitPlanner();
    SevenBitPlanner(const SevenBitPlanner&) = delete;
    SevenBitPlanner& operator=(const SevenBitPlanner&) = delete;

    void feed(std::string_view piece);
    SevenBitPlan end();  ///< once, last

private:
    class Hands;
    std::unique_ptr<Hands> hands_;
    std::unique_ptr<PartScanner> scanner_;
};

class SevenBitWriter {
public:
    /// @param plan  of the same message, without a flaw; outlives this object
    explicit SevenBitWriter(const SevenBitPlan& plan);
    ~SevenBitWriter();
    SevenBitWriter(const SevenBitWriter&) = delete;
    SevenBitWriter& operator=(const SevenBitWriter&) = delete;

    std::string feed(std::string_view piece);  ///< what can be written now
    std::string end();                         ///< the rest; once, last

private:
    class Hands;
    std::unique_ptr<Hands> hands_;
    std::unique_ptr<PartScanner> scanner_;
};

}  // namespace imc::mail
