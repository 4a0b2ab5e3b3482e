// SPDX-License-Identifier: Apache-2.0
#include "initd/images.hpp"

#include "tests/catch.hpp"
#include "tests/daemon/log_rig.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>

using namespace initd;
namespace fs = std::filesystem;

namespace {

// An image store with the image "app:v1".
struct Store {
    TempDir temp;
    std::string image = temp.path() + "/app:v1";
    std::vector<std::string> directories{"/nonexistent", temp.path()};

    Store() { fs::create_directories(image + "/rootfs/etc"); }
    void write(const std::string& name, std::string_view text) { std::ofstream(image + "/" + name) << text; }
    auto find(std::string_view name) { return find_image(directories, name); }
    auto who(std::string_view user) { return find_identity(image + "/rootfs", user); }
};

constexpr std::string_view passwd = "root:x:0:0:root:/root:/bin/sh\n"
                                    "broken line\n"
                                    "bad:x:12a:1::/bad:\n"
                                    "www:x:33:34:www:/srv/www:/bin/sh\n"
                                    "nohome:x:40:41:::\n"
                                    "last:x:50:51::/last:/bin/sh"; // no newline
constexpr std::string_view group = "root:x:0:\naudio:x:29:www,other\nvideo:x:44:other,www\nwwws:x:45:xwww\nwww:x:34:\n";

} // namespace

TEST_CASE("an image is a directory with a rootfs below one of the store's directories") {
    Store store;
    const auto image = store.find("app:v1");
    REQUIRE(image);
    CHECK(image->rootfs == store.image + "/rootfs");
    CHECK(image->config.entrypoint.empty());
    CHECK(find_image({}, "host")->rootfs.empty());
}

TEST_CASE("an image's configuration lies beside its rootfs") {
    Store store;
    store.write("config.json", R"({"config": {"Entrypoint": ["/app"], "User": "www"}})");
    const auto image = store.find("app:v1");
    REQUIRE(image);
    CHECK(image->config.entrypoint == std::vector<std::string>{"/app"});
    CHECK(image->config.user == "www");
}

TEST_CASE("an image that is not there, or cannot be, is named with the reason") {
    Store store;
    struct {
        const char* name;
        const char* reason;
    } const table[] = {
        {"app", "ErrImageNeverPull"},      {"app:v2", "ErrImageNeverPull"}, {"", "InvalidImageName"},
        {"../app:v1", "InvalidImageName"}, {"/app:v1", "InvalidImageName"}, {"a//b", "InvalidImageName"},
        {"..", "InvalidImageName"},        {"APP", "InvalidImageName"},
    };
    for (const auto& row : table) {
        INFO(row.name);
        const auto image = store.find(row.name);
        REQUIRE_FALSE(image);
        CHECK(image.error().reason == row.reason);
        CHECK(image.error().message.find(row.name) != std::string::npos);
    }
    CHECK(store.find("app").error().message.find(store.temp.path()) != std::string::npos);
}

TEST_CASE("an image whose rootfs is no directory is passed over") {
    Store store;
    fs::create_directories(store.temp.path() + "/file:v1");
    std::ofstream(store.temp.path() + "/file:v1/rootfs") << "text";
    CHECK(store.find("file:v1").error().reason == "ErrImageNeverPull");
}

TEST_CASE("an image's bad configuration is an error that names the file") {
    Store store;
    for (const char* text : {"", "{", R"({"config": {"Entrypoint": "sh"}})", "[]"}) {
        INFO(text);
        store.write("config.json", text);
        const auto image = store.find("app:v1");
        REQUIRE_FALSE(image);
        CHECK(image.error().reason == "ImageInspectError");
        CHECK(image.error().message.find(store.image + "/config.json") != std::string::npos);
    }
    fs::remove(store.image + "/config.json");
    fs::create_directory(store.image + "/config.json");
    CHECK(store.find("app:v1").error().reason == "ImageInspectError");
}

TEST_CASE("users and groups are looked up in the image's own files, numbers need not be there") {
    Store store;
    store.write("rootfs/etc/passwd", passwd);
    store.write("rootfs/etc/group", group);
    using Groups = std::vector<gid_t>;
    struct {
        const char* user;
        uid_t uid;
        gid_t gid;
        Groups groups;
        const char* home;
    } const table[] = {
        {"", 0, 0, {}, "/root"},
        {"0", 0, 0, {}, "/root"},
        {"root", 0, 0, {}, "/root"},
        {"www", 33, 34, {29, 44}, "/srv/www"},
        {"33", 33, 34, {29, 44}, "/srv/www"},
        {"www:video", 33, 44, {}, "/srv/www"},
        {"www:7", 33, 7, {}, "/srv/www"},
        {"1000", 1000, 0, {}, "/"},
        {"1000:audio", 1000, 29, {}, "/"},
        {"nohome", 40, 41, {}, "/"},
        {"last", 50, 51, {}, "/last"},
    };
    for (const auto& row : table) {
        INFO(row.user);
        const auto who = store.who(row.user);
        REQUIRE(who);
        CHECK(who->uid == row.uid);
        CHECK(who->gid == row.gid);
        CHECK(who->groups == row.groups);
        CHECK(who->home == row.home);
    }
    for (const char* user : {"nobody", "bad", "broken line", "www:none", "-1", "1e3", "33x", "99999999999"}) {
        INFO(user);
        const auto who = store.who(user);
        REQUIRE_FALSE(who);
        CHECK(who.error().find("image's /etc/") != std::string::npos);
    }
}

TEST_CASE("without a passwd file numbers still work") {
    Store store;
    CHECK(store.who("12:34").value().gid == 34);
    CHECK(store.who("").value().uid == 0);
    CHECK_FALSE(store.who("www"));
}

TEST_CASE("a passwd file that is a link stays inside of the image") {
    Store store;
    std::ofstream(store.temp.path() + "/passwd") << "evil:x:1:1::/:\n";
    std::error_code ignored;
    for (const std::string& target :
         {store.temp.path() + "/passwd", std::string("../../../passwd"), std::string("/etc/passwd")}) {
        INFO(target);
        fs::remove(store.image + "/rootfs/etc/passwd", ignored);
        fs::create_symlink(target, store.image + "/rootfs/etc/passwd");
        CHECK_FALSE(store.who("evil"));
        CHECK_FALSE(store.who("daemon")); // of the machine's own file
    }
    fs::remove(store.image + "/rootfs/etc/passwd", ignored);
    fs::create_directories(store.image + "/rootfs/usr");
    store.write("rootfs/usr/passwd", passwd);
    fs::create_symlink("/usr/passwd", store.image + "/rootfs/etc/passwd");
    CHECK(store.who("www").value().uid == 33);
}

TEST_CASE("a passwd file that is a FIFO or enormous is as good as none, and is not waited for") {
    Store store;
    REQUIRE(mkfifo((store.image + "/rootfs/etc/passwd").c_str(), 0600) == 0);
    CHECK_FALSE(store.who("www"));
    CHECK(store.who("5").value().uid == 5);
    fs::remove(store.image + "/rootfs/etc/passwd");
    store.write("rootfs/etc/passwd", passwd);
    fs::resize_file(store.image + "/rootfs/etc/passwd", 1ull << 40);
    CHECK_FALSE(store.who("www"));
}
