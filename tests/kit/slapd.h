#pragma once
/// @file kit/slapd.h  A private OpenLDAP server: a child of the test, unprivileged, on loopback.
///
/// kit/slapd.py makes the configuration; this starts, stops and restarts the server by its pid.
#include "kit/paths.h"

#include <arpa/inet.h>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace imc::kit {

class Slapd {
public:
    /// @param options  of `slapd.py prepare`: "--tls", "--no-schema", "--no-syncprov", ...
    explicit Slapd(const std::string& options = {})
    {
        char name[] = "/tmp/imc-slapd-XXXXXX";
        if (mkdtemp(name) == nullptr) throw std::runtime_error{"no temporary folder"};
        folder_ = name;
        const auto command = "/usr/bin/python3 " + source_dir() + "/tests/kit/slapd.py prepare " +
                             folder_ + " " + options;
        FILE* output = popen(command.c_str(), "r");
        if (output == nullptr) throw std::runtime_error{"no python3"};
        char line[4096];
        while (std::fgets(line, sizeof line, output) != nullptr) {
            std::string text{line};
            while (!text.empty() && text.back() == '\n')
                text.pop_back();
            const auto equals = text.find('=');
            if (text.starts_with("argv="))
                argv_.push_back(text.substr(5));
            else if (equals != std::string::npos)
                facts_[text.substr(0, equals)] = text.substr(equals + 1);
        }
        if (pclose(output) != 0) throw std::runtime_error{"slapd.py failed: " + command};
        write_password("secret");
        start();
    }
    Slapd(const Slapd&) = delete;
    Slapd& operator=(const Slapd&) = delete;
    ~Slapd()
    {
        stop();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    /// url, ldaps, ldapi, suffix, bind_dn, ca, other_ca, port
    const std::string& operator[](const std::string& fact) const { return facts_.at(fact); }
    std::string password_file() const { return folder_ + "/password"; }

    void write_password(const std::string& password) const
    {
        std::ofstream{password_file()} << password << '\n';
        std::filesystem::permissions(password_file(), std::filesystem::perms{0600});
    }

    void start()
    {
        std::vector<char*> argv;
        for (auto& word : argv_)
            argv.push_back(word.data());
        argv.push_back(nullptr);
        pid_ = fork();
        if (pid_ == 0) {
            execv(argv[0], argv.data());
            _exit(127);
        }
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        while (!answers()) {
            if (waitpid(pid_, nullptr, WNOHANG) == pid_) throw std::runtime_error{"slapd ended"};
            if (std::chrono::steady_clock::now() > until) throw std::runtime_error{"slapd is slow"};
            std::this_thread::sleep_for(std::chrono::milliseconds{5});  // nothing tells us sooner
        }
    }

    void stop()
    {
        if (pid_ <= 0) return;
        kill(pid_, SIGTERM);
        waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }

private:
    bool answers() const
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(facts_.at("port"))));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const bool yes = connect(s, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
        close(s);
        return yes;
    }

    std::string folder_;
    std::map<std::string, std::string> facts_;
    std::vector<std::string> argv_;
    pid_t pid_ = 0;
};

}  // namespace imc::kit
