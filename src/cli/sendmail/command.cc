#include "cli/commands.h"
#include "cli/sendmail/sendmail.h"

#include <memory>

namespace imc::cli {
namespace {

std::string footer()
{
    std::string out =
        "The message goes into the pickup folder, durable before the command ends, so the service "
        "need not run. A lone name such as root is completed with the domain of the site when the "
        "service takes it; missing From, Date and Message-ID lines are added; Bcc is removed. "
        "Addresses given together with -t are recipients, too.\n"
        "  echo hello | imc sendmail bob@example.net\n"
        "  sendmail -t -i < message.eml\n"
        "Also -bp: the queue; -q, -qIID, -qRDOMAIN, -qSSENDER: try now (imc queue retry); -bi, -I: "
        "nothing, there is no alias file. Accepted and of no meaning, as in Postfix: -A, -G, -L, "
        "-O, -U, -X, -c, -e, -h, -m, -n, -p, -s, -v, -x, other -o; -qTIME, which without "
        "recipients does nothing. The service is not started by -bd, but by imc service start.\n"
        "The executable does the same when it is called sendmail; called mailq it does -bp, called "
        "newaliases -bi. Such links are installed where no other program's are, in "
        "/usr/libexec/imc; root may point /usr/sbin/sendmail there.\n"
        "Exit status, of sysexits.h:\n";
    for (const auto& row : sendmail_exit_statuses())
        out += "  " + std::to_string(row.status) + (row.status == 0 ? "   " : "  ") + row.name +
               ": " + row.meaning + "\n";
    out.pop_back();
    return out;
}

}  // namespace

void add_sendmail(CLI::App& imc, Context& context)
{
    auto* command =
        common(imc.add_subcommand("sendmail", "send a message as local programs do: sendmail(1)"),
               context);
    // Read by cli/sendmail/options.h: these are for help, man page and completion.
    struct Unread {
        bool flag = false;
        std::string text;
        std::vector<std::string> words;
    };
    auto unread = std::make_shared<Unread>();
    auto& [flag, text, words] = *unread;
    command->add_option("ADDRESS", words, "recipient")->expected(0, -1);
    command->add_flag("-t", flag, "recipients from the lines To, Cc and Bcc");
    command->add_flag("-i", flag, "a line with one dot does not end the message (-oi, too)");
    command
        ->add_option("-f,-r", text,
                     "envelope sender; \"<>\": a message that causes no reports (default: the "
                     "calling user at the domain of the site)")
        ->type_name("ADDRESS");
    command->add_option("-F", text, "full name for a missing From line")->type_name("NAME");
    command
        ->add_option("-b", text,
                     "m: a message on standard input (default); s: an SMTP session there; v: say "
                     "who the recipients are, send nothing; p, i: see above")
        ->type_name("MODE");
    command->add_option("-N", text, "reports wanted: never, or a list of success, failure, delay")
        ->type_name("DSN");
    command->add_option("-R", text, "what a report returns: full or hdrs")->type_name("RET");
    command->add_option("-V", text, "envelope id, for reports")->type_name("ENVID");
    command->add_option("-B", text, "7BIT or 8BITMIME; what the text holds decides")
        ->type_name("TYPE");
    command->footer(footer());
    command->callback([unread] {});  // main() goes another way
}

}  // namespace imc::cli
