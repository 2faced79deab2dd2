#pragma once
/// @file config/report_settings.h  Who is told what of mail that was not delivered.
///
/// KB:      Q190708, Q217195, Q159835 (exactly the categories that were chosen are copied)
/// Threads: pure.
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace imc::config {

/// Why mail failed, as imcNotifyAdministratorOf names it.
enum class ReportCategory : std::uint8_t {
    recipient_not_found,
    ambiguous,
    host_not_found,
    protocol_error,  ///< and whatever is none of the others
    conversion,
    time_out,
    size,
    mailbox_full,
    policy,
};
inline constexpr std::array<std::string_view, 9> report_categories{"recipient-not-found",
                                                                   "ambiguous",
                                                                   "host-not-found",
                                                                   "protocol-error",
                                                                   "conversion-failed",
                                                                   "time-out",
                                                                   "size",
                                                                   "mailbox-full",
                                                                   "policy"};

std::optional<ReportCategory> parse_report_category(std::string_view word);
/// @param status  RFC 3463
ReportCategory category_of(std::string_view status);

struct ReportSettings {
    /// Bits 1 << category: failures whose reports the administrator gets a copy of, once
    /// notify_administrator is on. All, unless some are chosen.
    std::uint32_t copies = ~std::uint32_t{0};
    std::uint64_t returned_octets = 1 << 20;  ///< RET=FULL returns no more than this whole
    std::uint32_t double_bounces_per_hour =
        20;                                  ///< to the administrator; 0: none, all are absorbed
    bool suppress_delivery_reports = false;  ///< of success, to other domains
    bool allow_forwarding = false;           ///< automatic forwards go everywhere

    bool copies_of(ReportCategory category) const
    {
        return (copies >> static_cast<unsigned>(category) & 1U) != 0;
    }
};

}  // namespace imc::config
