#include "smtp/tls/certificates.h"

#include "base/files.h"
#include "base/text.h"
#include "smtp/tls/contexts.h"

#include <algorithm>
#include <mutex>

namespace imc::smtp {
namespace {

using namespace std::chrono;

/// What would be different after a change of these files.
std::string mark(const std::vector<std::string>& paths)
{
    std::string out;
    for (const auto& path : paths) {
        const auto status = real_files().status(path);
        out += status ? std::to_string(status->inode) + " " + std::to_string(status->modified_ns) +
                            " " + std::to_string(status->size) + " " +
                            std::to_string(status->mode) + ";"
                      : status.error().message() + ";";
    }
    return out;
}

struct Row {
    CertificateFiles files;
    std::string taken;  ///< mark of what was tried last
    std::string seen;   ///< mark at the last look
    std::string flaw;   ///< of the last event 40600; empty: all is well
    std::optional<TlsCertificates::Contexts::One> loaded;
    WallTime warned{};  ///< of expiry
};

}  // namespace

struct TlsCertificates::State {
    TlsSettings settings;
    std::shared_ptr<TicketKeys> keys;
    EventLog& events;
    const WallClock& clock;
    std::vector<Row> rows;
    bool none_said = false;

    mutable std::mutex mutex;  ///< of:
    std::shared_ptr<const Contexts> contexts = std::make_shared<const Contexts>();

    State(TlsSettings s, std::shared_ptr<TicketKeys> k, EventLog& e, const WallClock& c)
        : settings{std::move(s)}, keys{std::move(k)}, events{e}, clock{c}
    {
        for (const auto& files : settings.certificates)
            rows.push_back({files, {}, {}, {}, {}, {}});
    }

    std::string mark_of(const Row& row) const
    {
        return mark({row.files.certificate, row.files.key, settings.client_ca_file});
    }

    void look()
    {
        bool changed = false;
        for (auto& row : rows) {
            const auto now = mark_of(row);
            // The first look takes what is there; a later change may be half of a renewal.
            const bool first = row.taken.empty();
            const bool settled = std::exchange(row.seen, now) == now;
            if (!first && (now == row.taken || !settled)) continue;
            row.taken = now;
            take(row);
            changed = true;
        }
        if (changed) publish();
        for (auto& row : rows)
            warn_of_expiry(row);
    }

    void take(Row& row)
    {
        auto loaded = load_pair(row.files);
        if (const auto* flaw = std::get_if<CertificateFlaw>(&loaded)) return unusable(row, *flaw);
        const auto& pair = std::get<LoadedPair>(loaded);
        auto made = server_context(pair, settings.client_ca_file);
        if (!made.context && !settings.client_ca_file.empty() &&
            (made = server_context(pair, {})).context)
            unusable(row, {settings.client_ca_file, "no certificates of authorities",
                           "PEM certificates that client certificates are verified by",
                           "imc reg query -v TlsClientCAFile"});
        else if (!made.context)
            return unusable(row, {row.files.certificate, made.failure,
                                  "a certificate that OpenSSL accepts", "imc check"});
        else if (const auto now = floor<seconds>(clock.now()); now < pair.facts.ends) {
            const auto lesser = lesser_flaw(row.files, pair, now);
            lesser ? unusable(row, *lesser) : well(row, pair.facts);
        }  // else warn_of_expiry says it
        row.loaded = Contexts::One{row.files.name, pair.facts, made.context};
    }

    void unusable(Row& row, const CertificateFlaw& flaw)
    {
        const auto text = flaw.file + ": " + flaw.found;
        if (std::exchange(row.flaw, text) == text) return;
        events.raise(EventId::tls_certificate_unusable, {{"name", row.files.name},
                                                         {"file", flaw.file},
                                                         {"found", flaw.found},
                                                         {"expected", flaw.expected},
                                                         {"mend", flaw.mend}});
    }

    void well(Row& row, const CertificateFacts& facts)
    {
        const bool was_flawed = !std::exchange(row.flaw, {}).empty();
        const bool renewed = row.loaded && row.loaded->facts.fingerprint != facts.fingerprint;
        if (!was_flawed && !renewed) return;
        row.warned = {};
        events.raise(EventId::tls_certificate_in_force, {{"name", row.files.name},
                                                         {"file", row.files.certificate},
                                                         {"subject", facts.subject},
                                                         {"until", date(facts.ends)}});
    }

    void publish()
    {
        auto next = std::make_shared<Contexts>();
        for (const auto& row : rows)
            if (row.loaded) next->all.push_back(*row.loaded);
        const bool none = next->all.empty();
        {
            const std::lock_guard lock{mutex};
            contexts = std::move(next);
        }
        if (none && !std::exchange(none_said, true))
            events.raise(EventId::tls_not_offered,
                         {{"detail", rows.empty() ? std::string{"TlsCertificates names none"}
                                                  : std::to_string(rows.size()) +
                                                        " certificate(s) named, none can be "
                                                        "used; see events 40600"}});
        none_said = none;
    }

    void warn_of_expiry(Row& row)
    {
        if (!row.loaded) return;
        const auto now = clock.now();
        const auto left = floor<days>(row.loaded->facts.ends - now);
        if (left >= settings.expiry_warning || now - row.warned < days{1}) return;
        row.warned = now;
        const auto on = date(row.loaded->facts.ends);
        events.raise(EventId::tls_certificate_expires,
                     {{"name", row.files.name},
                      {"file", row.files.certificate},
                      {"subject", row.loaded->facts.subject},
                      {"when", left.count() < 0 ? "has expired on " + on
                                                : "expires on " + on + ", in " +
                                                      std::to_string(left.count()) + " day(s)"}});
    }
};

TlsCertificates::TlsCertificates(TlsSettings settings, std::shared_ptr<TicketKeys> keys,
                                 EventLog& events, const WallClock& clock)
    : state_{std::make_unique<State>(std::move(settings), std::move(keys), events, clock)}
{
    state_->look();
    if (state_->rows.empty()) state_->publish();
}

TlsCertificates::~TlsCertificates() = default;

void TlsCertificates::refresh() { state_->look(); }

const TlsSettings& TlsCertificates::settings() const { return state_->settings; }

EventLog& TlsCertificates::events() const { return state_->events; }

const std::shared_ptr<TicketKeys>& TlsCertificates::ticket_keys() const { return state_->keys; }

std::shared_ptr<const TlsCertificates::Contexts> TlsCertificates::contexts() const
{
    const std::lock_guard lock{state_->mutex};
    return state_->contexts;
}

std::vector<CertificateInUse> TlsCertificates::in_use() const
{
    std::vector<CertificateInUse> out;
    for (const auto& one : contexts()->all)
        out.push_back({one.name, one.facts});
    return out;
}

}  // namespace imc::smtp
