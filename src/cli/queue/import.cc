#include "cli/queue/words.h"

#include "admin/client.h"
#include "base/files.h"
#include "base/text.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <ostream>

namespace imc::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t piece_octets = 1 << 20;
constexpr std::uint64_t most_envelope = (4 << 20) - 8192;  // a request has at most 4 MiB

Error refused(const std::string& what) { return Error{EventId::admin_refused, what}; }

/// What the paths given name, each without ".eml" or ".json".
Result<std::vector<std::string>> named(const std::vector<std::string>& paths)
{
    std::vector<std::string> out;
    const auto add = [&out](const std::string& path) {
        for (const std::string_view ending : {".eml", ".json"})
            if (path.ends_with(ending)) out.push_back(path.substr(0, path.size() - ending.size()));
    };
    for (const auto& path : paths) {
        const auto status = real_files().status(path);
        if (!status) return refused(path + ": " + status.error().message());
        const auto before = out.size();
        if (!status->is_folder) {
            add(path);
            if (out.size() == before)
                return refused(path + ": a name that ends .eml or .json, or a folder, expected");
            continue;
        }
        const auto names = real_files().list(path);
        if (!names) return refused(path + ": " + names.error().message());
        for (const auto& name : *names)
            add(path + (path.ends_with('/') ? "" : "/") + name);
        if (out.size() == before)
            return refused(path + ": no file that ends .eml or .json is in this folder");
    }
    std::ranges::sort(out);
    const auto twice = std::ranges::unique(out);
    out.erase(twice.begin(), twice.end());
    return out;
}

Result<json::object> read_envelope(const std::string& path)
{
    const auto status = real_files().status(path);
    if (!status)
        return refused(path + ": " + status.error().message() +
                       "; an .eml without its .json is not a whole message");
    if (status->size > most_envelope)
        return refused(path + ": " + std::to_string(status->size) + " octets found; at most " +
                       std::to_string(most_envelope) + " expected");
    const auto text = read_file(real_files(), path);
    if (!text) return refused(path + ": " + text.error().message());
    boost::system::error_code none;
    auto value = json::parse(*text, none);
    if (none || !value.is_object())
        return refused(path + ": " + (none ? none.message() : "no object") +
                       " found; one JSON object, as imc queue export writes it, expected");
    return std::move(value.as_object());
}

class Upload {
public:
    Upload(Context& context, const QueueWords& words)
        : socket_{context.paths().admin_socket()}, words_{words}
    {}

    Result<json::object> run(const std::string& stem)
    {
        auto envelope = read_envelope(stem + ".json");
        if (!envelope) return envelope.error();
        const auto path = stem + ".eml";
        auto file = real_files().open(path, OpenMode::read);
        if (!file) return refused(path + ": " + file.error().message());
        json::object body{
            {"envelope", std::move(*envelope)}, {"hold", words_.hold}, {"dry_run", words_.dry_run}};
        if (!words_.text.empty()) body["text"] = words_.text;
        const auto begun = admin::call(socket_, "POST", "/api/v1/queue-imports", body, patience());
        if (!begun) return of(stem + ".json", begun.error());
        const auto one = "/api/v1/queue-imports/" +
                         std::to_string(json::parse(*begun).at("number").to_number<unsigned>());
        std::string piece(piece_octets, '\0');
        for (std::uint64_t at = 0;;) {
            const auto got = (*file)->read_at(at, piece);
            if (!got) return refused(path + ": " + got.error().message());
            if (*got == 0) break;
            const auto sent = admin::send_piece(socket_, one + "/text?at=" + std::to_string(at),
                                                piece.substr(0, *got), patience());
            if (!sent) return of(path, sent.error());
            at += *got;
        }
        const auto stored = admin::call(socket_, "POST", one + "/store", nullptr, patience());
        if (stored) return json::parse(*stored).as_object();
        if (stored.error().event() == EventId::service_answer_lost)
            return Error{EventId::service_answer_lost,
                         path + ": the service has not answered (" + stored.error().detail() +
                             "): the message may be in the queue; look there, imc queue ls, before "
                             "importing it again"};
        return of(path, stored.error());
    }

private:
    static Deadline patience() { return after(patience_with_queue); }
    static Error of(const std::string& path, const Error& error)
    {
        if (error.event() == EventId::service_not_running) return to_mend(error);
        return Error{error.event(), path + ": " + error.detail()};
    }

    const std::string socket_;
    const QueueWords& words_;
};

void show(Context& context, const std::string& stem, const json::object& done, bool dry_run)
{
    const auto count = [&](const char* key) { return done.at(key).to_number<std::uint64_t>(); };
    const auto recipients = std::to_string(count("recipients")) +
                            (count("recipients") == 1 ? " recipient" : " recipients");
    context.out << stem << ".eml ";
    if (dry_run)
        context.out << "would be queued for " << recipients << ", from <"
                    << printable(std::string{done.at("sender").as_string()}, 254) << ">, "
                    << count("octets") << " octets";
    else
        context.out << "queued as " << std::string{done.at("message").as_string()} << " for "
                    << recipients;
    context.out << (done.at("held").as_bool() ? ", held" : "");
    if (const auto deleted = count("deleted"); deleted > 0)
        context.out << "; without " << deleted << " that had been deleted";
    context.out << '\n';
}

void import_all(Context& context, const QueueWords& words)
{
    const auto stems = named(words.ids);
    if (!stems) return context.fail(stems.error());
    std::string ids;
    std::size_t done = 0;
    bool given_up = false;
    for (const auto& stem : *stems) {
        const auto answer = Upload{context, words}.run(stem);
        if (!answer) {
            context.fail(answer.error());
            given_up = answer.error().event() == EventId::service_not_running ||
                       answer.error().event() == EventId::service_answer_lost;
            if (given_up) break;
            continue;
        }
        ++done;
        if (!words.dry_run) ids += " " + std::string{answer->at("message").as_string()};
        if (context.json)
            context.out << json::serialize(*answer) << '\n';
        else
            show(context, stem, *answer, words.dry_run);
    }
    if (stems->size() > 1 && done < stems->size())
        context.err << "imc: " << done << " of " << stems->size() << " were imported"
                    << (words.dry_run ? ", or would be" : "") << '\n';
    if (!ids.empty()) context.undo("imc queue delete" + context.paths().option() + ids);
}

}  // namespace

void add_queue_import(CLI::App& queue, Context& context, const QueueWordsPtr& words)
{
    auto* in = common(
        queue.add_subcommand("import", "put exported messages back, under a new id, as they were"),
        context);
    in->add_option("PATH", words->ids,
                   "a file of imc queue export (the other one lies beside it), or a folder of them")
        ->required();
    auto* hold = in->add_flag("--hold", words->hold, "held until it is released");
    in->add_option("--text", words->text, "why it is held")->type_name("TEXT")->needs(hold);
    in->add_flag("--dry-run", words->dry_run, "check all of it, and queue nothing");
    in->footer("Those recipients that still waited get it; the time it arrived counts on, so one "
               "older than its time-out has one attempt left. The service must run.");
    in->callback([&context, words] { import_all(context, *words); });
}

}  // namespace imc::cli
