#include "cli/queue/source.h"
#include "cli/queue/words.h"

#include "admin/server.h"
#include "admin/text_sum.h"
#include "base/files.h"
#include "base/text.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <ostream>
#include <unistd.h>

namespace imc::cli {
namespace {

namespace json = boost::json;

/// A new file of mode 0600 that is removed unless keep() said otherwise.
class NewFile {
public:
    explicit NewFile(std::string path)
        : path_{std::move(path)},
          file_{::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)}
    {}
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;
    ~NewFile()
    {
        if (file_ < 0) return;
        ::close(file_);
        if (!kept_) ::unlink(path_.c_str());
    }
    Result<> append(std::string_view octets)
    {
        while (file_ >= 0 && !octets.empty()) {
            const auto wrote = ::write(file_, octets.data(), octets.size());
            if (wrote < 0 && errno == EINTR) continue;
            if (wrote < 0) return wrong();
            octets.remove_prefix(static_cast<std::size_t>(wrote));
        }
        if (file_ < 0) return wrong();
        return {};
    }
    Result<> finish()
    {
        if (file_ < 0 || ::fsync(file_) != 0) return wrong();
        return {};
    }
    void keep() { kept_ = true; }

private:
    Error wrong() const
    {
        return Error{EventId::admin_refused, path_ + ": " + std::strerror(errno)};
    }
    std::string path_;
    int file_;
    bool kept_ = false;
};

Result<> export_one(Source& source, const std::string& id, const std::string& folder)
{
    const auto from = "/api/v1/queue/" + admin::url_encode(id);
    const auto said = source.get(from + "/envelope");
    if (!said) return said.error();
    auto envelope = json::parse(*said).as_object();
    admin::TextSum sum;
    NewFile text{folder + "/" + id + ".eml"}, beside{folder + "/" + id + ".json"};
    for (std::uint64_t at = 0;;) {
        const auto piece = source.get(from + "/text?at=" + std::to_string(at));
        if (!piece) return piece.error();
        if (piece->empty()) break;
        if (auto wrote = text.append(*piece); !wrote) return wrote.error();
        sum.append(*piece);
        at += piece->size();
    }
    envelope["sha256"] = sum.hex();
    for (const auto& wrote :
         {text.finish(), beside.append(json::serialize(envelope) + "\n"), beside.finish()})
        if (!wrote) return wrote.error();
    text.keep();
    beside.keep();
    return {};
}

void export_all(Context& context, const QueueWords& words)
{
    const auto folder = words.file.empty() ? std::string{"."} : words.file;
    Source source{context};
    for (const auto& text : words.ids) {
        // The id becomes a part of a file's name.
        const auto id = spool::MessageId::parse(text);
        if (!id) return context.fail(id.error(), 2);
        if (const auto done = export_one(source, id->to_string(), folder); !done)
            return context.fail(done.error());
        context.out << folder << "/" << id->to_string() << ".eml\n"
                    << folder << "/" << id->to_string() << ".json\n";
    }
}

void views(Context& context)
{
    const auto answer = Source{context}.get("/api/v1/queue-views");
    if (!answer) return context.fail(answer.error());
    if (context.json) {
        context.out << *answer;
        return;
    }
    for (const auto line : split(*answer, '\n')) {
        if (line.empty()) continue;
        const auto view = json::parse(std::string{line}).as_object();
        const auto number = [&](const char* key) {
            return view.at(key).to_number<std::uint64_t>();
        };
        const std::string name{view.at("view").as_string()};
        context.out << name << std::string(30 - std::min<std::size_t>(name.size(), 29), ' ')
                    << number("messages") << " messages, " << number("recipients")
                    << " recipients, " << number("octets") << " octets";
        if (view.at("oldest").is_string())
            context.out << ", oldest " << std::string{view.at("oldest").as_string()};
        context.out << '\n';
    }
}

}  // namespace

void add_queue_export(CLI::App& queue, Context& context, const QueueWordsPtr& words)
{
    auto* out = common(
        queue.add_subcommand("export", "write messages to files: ID.eml, and ID.json beside"),
        context);
    out->add_option("ID", words->ids, "queue id, as imc queue ls shows it")->required();
    out->add_option("--to", words->file, "folder for the files; the current one when left out")
        ->type_name("FOLDER");
    out->callback([&context, words] { export_all(context, *words); });
    auto* four = common(
        queue.add_subcommand("views", "inbound and outbound, awaiting conversion and delivery"),
        context);
    four->callback([&context] { views(context); });
}

}  // namespace imc::cli
