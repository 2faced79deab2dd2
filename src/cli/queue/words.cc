#include "cli/queue/words.h"

namespace imc::cli {

void add_selectors(CLI::App* command, const QueueWordsPtr& words)
{
    for (const auto& word : queue::selector_words())
        if (std::string_view{word.name} != "deleted")
            command
                ->add_option(std::string{"--"} + word.name, words->selection[word.name], word.help)
                ->type_name(word.type);
}

void add_ids(CLI::App* command, const QueueWordsPtr& words)
{
    command->add_option("ID", words->ids, "queue id, as imc queue ls shows it");
}

queue::Words words_of(const QueueWords& words)
{
    queue::Words out;
    for (const auto& id : words.ids)
        out.emplace_back("id", id);
    for (const auto& [name, value] : words.selection)
        if (!value.empty()) out.emplace_back(name, value);
    if (words.all) out.emplace_back("all", "true");
    return out;
}

Error to_mend(const Error& error)
{
    if (error.event() != EventId::service_not_running) return error;
    return Error{error.event(), error.detail() +
                                    "; nothing was changed. Start it (imc service start), then "
                                    "again; imc queue ls shows meanwhile what its spool holds"};
}

bool check_selector(Context& context, const QueueWords& words)
{
    const auto selector = queue::parse_selector(words_of(words));
    if (!selector) context.fail(selector.error(), 2);
    return selector.has_value();
}

}  // namespace imc::cli
