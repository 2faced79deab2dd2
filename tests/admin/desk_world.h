#pragma once
/// @file admin/desk_world.h  Resources over a folder with a registry and a directory, asked without
/// a socket.
#include "admin/desk.h"
#include "admin/notebook.h"
#include "config/contoso_host.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <map>
#include <optional>

namespace imc::admin {

namespace json = boost::json;

class DeskWorld : public config::ContosoHost {
protected:
    DeskWorld() { server_.audit(notebook_); }
    ~DeskWorld() override
    {
        pool_.stop();
        pool_.join();
    }

    Response ask(const std::string& method, const std::string& target,
                 const json::value& body = nullptr)
    {
        return ask(server_, method, target, body);
    }
    Response ask(Server& server, const std::string& method, const std::string& target,
                 const json::value& body = nullptr)
    {
        Response out;
        boost::asio::co_spawn(
            io_, server.answer(method, target, body.is_null() ? "" : json::serialize(body)),
            [&out](const std::exception_ptr& defect, Response response) {
                if (defect) std::rethrow_exception(defect);
                out = std::move(response);
            });
        io_.restart();
        io_.run();
        return out;
    }

    /// The answer as an object; `status` of it is expected.
    json::object object(const std::string& method, const std::string& target,
                        const json::value& body = nullptr, unsigned status = 200)
    {
        const auto response = ask(method, target, body);
        EXPECT_EQ(response.status, status) << method << " " << target << ": " << response.body;
        const auto value = json::parse(response.body);
        return value.is_object() ? value.get_object() : json::object{};
    }
    json::object get(const std::string& target, unsigned status = 200)
    {
        return object("GET", target, nullptr, status);
    }

    static std::vector<json::object> lines_of(const Response& response)
    {
        std::vector<json::object> out;
        for (const auto line : split(response.body, '\n'))
            if (!line.empty()) out.push_back(json::parse(line).as_object());
        return out;
    }
    std::vector<json::object> lines(const std::string& target)
    {
        const auto response = ask("GET", target);
        EXPECT_EQ(response.status, 200U) << response.body;
        return lines_of(response);
    }

    static std::string header_of(const Response& response, std::string_view wanted)
    {
        for (const auto& [name, value] : response.headers)
            if (name == wanted) return value;
        return {};
    }
    static std::string next_of(const Response& response) { return header_of(response, "imc-next"); }
    static std::string text(const json::object& object, const char* name)
    {
        return std::string{object.at(name).as_string()};
    }
    /// The object of a list that has this name.
    static json::object named(const json::array& list, const char* key, const std::string& value)
    {
        for (const auto& one : list)
            if (one.as_object().at(key) == json::value(value)) return one.as_object();
        ADD_FAILURE() << "nothing has " << key << " " << value;
        return {};
    }
    static std::uint64_t event_of(const json::object& answer)
    {
        return answer.at("error").as_object().at("event").to_number<std::uint64_t>();
    }

    /// The directory is one that nobody answers for.
    void silence_directory()
    {
        auto text = registry_text();
        const std::string before = "\"HomeDSA\"=\"embedded\"";
        text.replace(text.find(before), before.size(), "\"HomeDSA\"=\"ldap://127.0.0.1:1\"");
        std::ofstream{paths_.registry(), std::ios::binary} << text;
    }
    std::string registry_text() const
    {
        std::ifstream file{paths_.registry(), std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }

    const Paths paths_{folder_};
    boost::asio::io_context io_{1};
    boost::asio::thread_pool pool_{2};
    std::shared_ptr<Notebook> notebook_ = std::make_shared<Notebook>();
    Server server_{folder_ + "/admin.sock", io_.get_executor()};
    Desk desk_{server_, pool_, paths_};
};

}  // namespace imc::admin
