#pragma once
/// @file config/load_parts.h  The inside of load(): a Config being read, and what was found wrong.
///
/// Each flaw becomes an assertion with the command that mends it; reading goes on.
#include "config/identity.h"
#include "config/inheritance.h"
#include "config/load.h"
#include "config/open_people.h"
#include "directory/recorded.h"

#include <initializer_list>

namespace imc::config {

inline constexpr auto refused = EventId::config_load_failed;

/// gethostname(2); empty when it fails.
std::string system_host_name();

struct ProfileLayer;  ///< config/profiles.h

/// From our site to another: an imcSiteConnector.
struct SiteWay {
    std::string name;
    Dn site;
    unsigned cost = 1;
    std::vector<Host> hosts;  ///< none: each connector there is reached by its own
};

class Loader {
public:
    Loader(const Paths& paths, Deadline deadline, Instead instead)
        : paths_{paths}, deadline_{deadline}, instead_{std::move(instead)}
    {
        config_.paths = paths;
    }

    Loaded run();

private:
    Loaded finish();
    Assertion& add(std::string id, EventId event, Status status);
    void unjudged(std::initializer_list<const char*> ids, const std::string& why);
    std::string where(std::string_view value) const;
    static Change replace(const Dn& dn, std::string attribute, std::vector<std::string> values);

    // ---- load_registry.cc
    /// A value of the registry that is flawed in meaning, not in type. @param mend  "-t SZ -d HOST"
    void bad_value(const std::string& name, const Error& error, const std::string& expected,
                   const std::string& mend);
    /// Of a value of the registry: rows that can be read, and what is wrong with the others.
    struct Rows {
        std::vector<std::string> kept, flaws;
    };
    /// One assertion, whose fix leaves the flawed rows out.
    /// @param instead  written in the shell's way: the value, if there must be one; else none
    void flawed_rows(const std::string& name, const Rows& rows, const std::string& expected,
                     const std::string& instead = {});
    void network();
    void dns_servers();
    void networks(const std::string& name, std::vector<Network>& into);
    void auth();
    void numbers();
    void archival();
    void diagnostics();
    void protocol_log();
    void session();
    void host_name();
    void host_name_fix(Assertion& a, const std::string& label);
    void finish_host_name();
    template <class T>
    void number(const char* name, T& into)
    {
        if (const auto value = settings_->number(name)) into = static_cast<T>(*value);
    }

    // ---- load_admin.cc
    void admin();
    void administrators(const Entry& connector);

    // ---- load_listeners.cc
    void listeners();
    void own_addresses();
    void certificates();

    // ---- load_directory.cc
    bool open();
    /// With a directory file present, "embedded" is what was meant; with LDAP settings it is not.
    void offer_home_dsa(Assertion& a);
    bool reach();
    /// Nothing is made of what a server has that lacks changes which were seen before.
    void age();
    std::string what_is_missing();
    std::string directory_mend(const Error& failure) const;
    /// An empty Error when all is well.
    Error probe();
    Error schema();
    void directory();
    void inherited(const Identity& identity);

    // ---- load_people.cc
    void people();
    void recipient_cache();
    /// An empty Error when all is well.
    static Error probe_people(const PeopleSource& people, Deadline deadline);
    void people_unusable(const PeopleChoice& choice, const PeopleSource& people,
                         const Error& failure);
    void people_addresses(const PeopleChoice& choice, const PeopleSource& people);
    /// When with another flavour there are addresses, that one was meant.
    void offer_flavour(Assertion& a, const PeopleChoice& choice, const PeopleSource& people);

    // ---- load_connector.cc
    void site_address(const Identity& identity);
    /// The administrator mailbox's own address tells the domain, when it has one.
    void offer_site_domain(Assertion& a, const Dn& dn, bool exists, const Identity& identity);
    void connector_values(const Entry& connector);
    void outbound_senders(const Entry& connector);
    void delivery(const Entry& connector);

    // ---- load_address_spaces.cc
    void routing_table();
    void routing_circles();
    void subaddresses();
    /// A row that mail must not follow; the fix removes it.
    void row_flaw(const char* id, EventId event, const Dn& dn, const std::string& attribute,
                  const std::string& row, std::string found);

    // ---- load_connectors.cc
    void connectors();
    void sends_for_itself();
    void site_connector(const Entry& entry);
    SiteConnector connector(const Entry& entry, const std::vector<Entry>& servers, const Dn& site);
    void foreign_row(const Dn& dn, const std::string& row, std::string found);
    void doubtful_space(const Entry& entry, const AddressSpace& space);
    void way_to(const Entry& entry, const Entry* server, const Dn& site, SiteConnector& into);

    // ---- load_link.cc
    void link(const Entry& connector);
    void link_hooks();

    // ---- load_profiles.cc
    void profiles(const Entry& connector);
    void connector_layers(const Entry& connector, std::vector<ProfileLayer>& layers,
                          std::vector<Dn>& dns) const;
    DomainProfile profile_defaults() const;
    void profile_flaw(const Dn& dn, const std::string& attribute, const std::string& found,
                      const std::string& expected);
    void passwords(const std::vector<DomainProfile>& profiles,
                   const std::vector<ProfileLayer>& layers, const std::vector<Dn>& dns);

    // ---- load_administrator.cc
    static std::string primary_address(const Entry& entry);
    void administrator(const Entry& connector);
    /// The object, of the directory or else of people.
    Answer<Entry> find_administrator(const Dn& dn);
    void offer_address(Assertion& a, const Entry& mailbox);
    /// The only mailbox with the alias "administrator" or "postmaster" is offered; else none.
    void offer_administrator(Assertion& a, const Entry& connector, const Dn& gone);

    const Paths& paths_;
    Deadline deadline_;
    Instead instead_;
    Inheritance above_;                   ///< the connector as it works, once it is known
    std::unique_ptr<Recorder> asked_;     ///< between us and the directory, once it is open
    std::uint64_t old_answers_ = 0;       ///< of the directory, before it was asked
    std::size_t first_of_directory_ = 0;  ///< of the assertions
    Loaded loaded_;
    Config config_;
    RegistryReading reading_;
    const SettingsView* settings_ = nullptr;
    DirectoryChoice choice_;
    std::optional<Error> people_silent_;  ///< and the start may bridge that
    std::string host_fix_;
    Entry addressing_;  ///< cn=Site Addressing, as far as it was read
    std::vector<SiteWay> site_ways_;
};

}  // namespace imc::config
