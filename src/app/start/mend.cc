#include "app/start/mend.h"

#include "base/files.h"
#include "base/text.h"
#include "cli/certificate.h"
#include "config/identity.h"
#include "directory/undo.h"
#include "registry/store.h"

#include <boost/system/error_code.hpp>

#include <algorithm>
#include <cerrno>
#include <sys/stat.h>

namespace imc::app {
namespace {

using config::Status;

std::vector<registry::Edit> registry_edits(const config::Verdict& verdict,
                                           std::vector<std::string>& said)
{
    std::vector<registry::Edit> out;
    for (const auto& a : verdict.assertions) {
        if (a.status != Status::failed) continue;
        for (const auto& edit : a.automatic.registry) {
            // organization, site and server offer the same SiteDN; the one from the directory comes
            // last.
            const auto there = std::ranges::find_if(
                out, [&](const auto& e) { return same_word(e.name, edit.name); });
            if (there != out.end()) {
                *there = {edit.name, edit.type, edit.data};
                continue;
            }
            out.push_back({edit.name, edit.type, edit.data});
        }
    }
    for (const auto& edit : out)
        said.push_back(edit.type.empty() ? "registry value " + edit.name + " removed"
                                         : "registry value " + edit.name + " = " + edit.data);
    return out;
}

std::vector<Change> directory_changes(const config::Verdict& verdict,
                                      std::vector<std::string>& said)
{
    std::vector<Change> out;
    for (const auto& a : verdict.assertions) {
        if (a.status != Status::failed) continue;
        for (const auto& change : a.automatic.directory) {
            out.push_back(change);
            std::string what;
            for (const auto& part : change.changes)
                what += (what.empty() ? "" : ", ") + part.attribute;
            said.push_back("directory object " + change.dn.to_rfc4514() + ": " + what);
        }
    }
    return out;
}

/// Puts the pair that cannot be used aside, and makes a new one.
Result<> renew_certificate(const Paths& paths, const std::string& host, Mended& mended)
{
    auto& files = real_files();
    const auto aside = "." + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(
                                                wall_clock().now().time_since_epoch())
                                                .count());
    std::string undo, kept;
    const auto note = [&](std::string what) {
        mended.done.push_back(std::move(what));
        mended.undo = undo + (mended.undo.empty() ? "" : " && " + mended.undo);
    };
    const auto failed = [&](Error why) {
        if (!kept.empty()) note("put aside: " + kept);
        return why;
    };
    for (const auto* name : {"/imc.crt", "/imc.key"}) {
        const auto path = paths.tls() + name;
        const bool there = static_cast<bool>(files.status(path));
        if (there)
            if (const auto moved = files.rename(path, path + aside); !moved)
                return failed({EventId::folder_unusable, path + ": " + moved.error().message()});
        if (!undo.empty()) undo += " && ";
        if (!there) {
            undo += "rm " + config::shell_word(path);
            continue;
        }
        undo += "mv " + config::shell_word(path + aside) + " " + config::shell_word(path);
        if (!kept.empty()) kept += ", ";
        kept.append(path).append(aside);
    }
    if (const auto made = cli::make_certificate(real_files(), paths.tls(), host); !made)
        return failed(made.error());
    note("certificate " + paths.tls() + "/imc.crt made anew, self-signed for " + host +
         (kept.empty() ? "" : " (put aside: " + kept + ")"));
    return {};
}

/// Modes, folders and the registry file as a whole: what else is wrong shows itself after them.
std::optional<Error> mend_files(const Paths& paths, const config::Verdict& verdict, Mended& mended)
{
    const auto done = [&](std::string what, const std::string& back) {
        mended.done.push_back(std::move(what));
        mended.undo = back + (mended.undo.empty() ? "" : " && " + mended.undo);
    };
    const auto failed = [](const std::string& path) {
        const int code = errno;
        return Error{
            EventId::folder_unusable,
            path + ": " +
                boost::system::error_code{code, boost::system::system_category()}.message(),
            static_cast<unsigned>(code)};
    };
    for (const auto& a : verdict.assertions) {
        if (a.status != Status::failed) continue;
        for (const auto& edit : a.automatic.modes) {
            if (::chmod(edit.path.c_str(), edit.mode) != 0) return failed(edit.path);
            done("mode of " + edit.path,
                 "chmod " + octal(edit.before) + " " + config::shell_word(edit.path));
        }
        if (const auto& folder = a.automatic.folder; !folder.empty()) {
            if (::mkdir(folder.c_str(), 0700) != 0) return failed(folder);
            // What has come into it by then is kept.
            const auto word = config::shell_word(folder);
            done("folder " + folder + " made",
                 "mv " + word + " " + config::shell_word(folder + ".undone"));
        }
        if (const auto& copy = a.automatic.registry_copy; !copy.empty()) {
            const auto restored = registry::restore(paths, copy);
            if (!restored) return restored.error();
            done("registry file = " + copy, restored->undo);
        }
    }
    return {};
}

}  // namespace

bool can_mend(const config::Verdict& verdict)
{
    return std::ranges::any_of(verdict.assertions, [](const config::Assertion& a) {
        return a.status != Status::passed && a.automatic.possible();
    });
}

Mended mend(const Paths& paths, const StartCheck& check, Deadline deadline)
{
    Mended mended;
    mended.failure = mend_files(paths, check.verdict, mended);
    if (mended.failure || !mended.undo.empty()) return mended;

    std::vector<std::string> said;
    const auto edits = registry_edits(check.verdict, said);
    if (!edits.empty()) {
        const auto undo = registry::set_values(paths, edits);
        if (!undo) {
            mended.failure = undo.error();
            return mended;
        }
        mended.undo = *undo;
        std::ranges::move(said, std::back_inserter(mended.done));
    }
    for (const auto& a : check.verdict.assertions)
        if (a.status != Status::passed && !a.automatic.certificate_for.empty())
            if (const auto made = renew_certificate(paths, a.automatic.certificate_for, mended);
                !made) {
                mended.failure = made.error();
                return mended;
            }
    said.clear();
    const auto changes = directory_changes(check.verdict, said);
    if (changes.empty() || !check.directory) return mended;
    const auto saved = apply_with_undo(paths, *check.directory, changes, deadline);
    if (!saved) {
        mended.failure = saved.error();
        return mended;
    }
    std::ranges::move(said, std::back_inserter(mended.done));
    mended.undo = "imc dir import " + shell_word(saved->file) + paths.option() +
                  (mended.undo.empty() ? "" : " && " + mended.undo);
    return mended;
}

MendedAll mend_all(const Paths& paths, int service_pid, std::chrono::seconds patience,
                   const std::string& only, const BeforeMend& before)
{
    constexpr int most_rounds = 5;
    MendedAll out;
    for (int round = 0; round < (only.empty() ? most_rounds : 1); ++round) {
        out.check = start_check(paths, service_pid, after(patience));
        if (out.check.verdict.ok() && !can_mend(out.check.verdict)) {
            out.end = MendedAll::End::clean;
            return out;
        }
        StartCheck wanted = out.check;
        if (!only.empty())
            for (auto& a : wanted.verdict.assertions)
                if (a.id != only) a.automatic = {};
        if (before && can_mend(wanted.verdict)) before(wanted.verdict);
        auto mended = mend(paths, wanted, after(patience));
        std::ranges::move(mended.done, std::back_inserter(out.done));
        if (!mended.undo.empty())
            out.undo.insert(0, mended.undo + (out.undo.empty() ? "" : " && "));
        if (mended.failure) {
            out.failure = std::move(mended.failure);
            out.end = MendedAll::End::failed;
            return out;
        }
        if (mended.undo.empty()) {
            out.end = MendedAll::End::stuck;
            return out;
        }
    }
    return out;
}

}  // namespace imc::app
