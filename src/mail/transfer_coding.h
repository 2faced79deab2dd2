#pragma once
/// @file mail/transfer_coding.h  Octets into quoted-printable and base64 lines, piece by piece.
///
/// What comes out is 7-bit, in lines of at most 76 octets, and the same however the text is cut. A
/// CRLF of the text stays a line end in quoted-printable; a CR or LF alone is encoded.
///
/// Rules:   RFC 2045 6.7 and 6.8
/// Threads: one owner at a time.
#include <cstdint>
#include <string>
#include <string_view>

namespace imc::mail {

class QuotedPrintableWriter {
public:
    void feed(std::string_view octets, std::string& out);
    void end(std::string& out);

private:
    void put(char c, std::string& out);
    void literal(char c, std::string& out);
    void encoded(char c, std::string& out);
    void room(std::size_t octets, std::string& out);

    std::size_t column_ = 0;
    bool after_cr_ = false;
    char blank_ = 0;  ///< a space or tab: encoded if a line end follows; 0: none
};

/// The last line has no line end.
class Base64Writer {
public:
    void feed(std::string_view octets, std::string& out);
    void end(std::string& out);

private:
    void line(std::string& out);

    std::string rest_;
    bool begun_ = false;
};

}  // namespace imc::mail
