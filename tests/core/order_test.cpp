// SPDX-License-Identifier: Apache-2.0
// Order: who is to be held and released, by tables and against the definition.
#include "initd/change_order.hpp"
#include "initd/order.hpp"
#include "tests/catch.hpp"
#include "tests/nowhere.hpp"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace initd;

namespace {

spec::Manifest manifest(const std::string& name, const std::string& after, const std::string& requires_,
                        std::int32_t priority = 0) {
    spec::Manifest made;
    made.pod.metadata.namespace_ = "default";
    made.pod.metadata.name = name;
    if (!after.empty())
        made.pod.metadata.annotations.emplace_back("podinit/after", after);
    if (!requires_.empty())
        made.pod.metadata.annotations.emplace_back("podinit/requires", requires_);
    made.pod.spec.restart_policy = spec::RestartPolicy::Always;
    made.pod.spec.priority = priority;
    made.pod.spec.containers.resize(1);
    return made;
}

// The core's part is played here: whoever is held does not run, whoever is released starts.
struct World {
    std::uint32_t add(const std::string& name, const std::string& after = "", const std::string& requires_ = "",
                      std::int32_t priority = 0, std::uint32_t owner = 0) {
        return add(manifest(name, after, requires_, priority), owner);
    }
    std::uint32_t add(spec::Manifest&& made, std::uint32_t owner = 0) {
        const std::uint32_t slot = pods.add(std::move(made), owner);
        order.add(slot, pods.pod(slot));
        states.resize(std::max<std::size_t>(states.size(), slot + 1));
        states[slot] = {true, order.must_wait(slot), false, Fate::Underway};
        show(slot);
        return slot;
    }
    void set(std::uint32_t slot, Fate fate) {
        states[slot].fate = fate;
        show(slot);
    }
    void leave(std::uint32_t slot) {
        pods.leave(slot);
        states[slot].leaving = true;
        order.leave(slot);
        take_turns();
    }
    void remove(std::uint32_t slot) {
        states[slot] = {};
        order.remove(slot);
        pods.free(slot);
        take_turns();
    }
    void show(std::uint32_t slot) {
        order.look(slot, states[slot].fate, states[slot].held);
        take_turns();
    }
    void take_turns() {
        while (const auto turn = order.next()) {
            State& state = states[turn->slot];
            REQUIRE(state.there);
            REQUIRE(state.held != turn->held);
            state.held = turn->held;
            if (state.fate == Fate::Ready)
                state.fate = Fate::Underway;
            turns += std::string(pods.at(turn->slot).name.substr(8)) + (turn->held ? "- " : "+ ");
            order.look(turn->slot, state.fate, state.held);
        }
    }
    std::string taken() { return std::exchange(turns, ""); }

    struct State {
        bool there = false;
        bool held = false;
        bool leaving = false;
        Fate fate = Fate::Underway;
    };
    PodStore pods{nowhere};
    ObjectStore objects{nowhere};
    Order order{pods, objects};
    std::vector<State> states;
    std::string turns; // "NAME+ " released, "NAME- " held
};

std::uint32_t put_deployment(World& world, const std::string& name, std::size_t replicas) {
    spec::Object object;
    object.kind = spec::Kind::Deployment;
    object.metadata.namespace_ = "default";
    object.metadata.name = name;
    object.pods.resize(replicas);
    const std::uint32_t id = world.objects.put(object, Millis{0}).id;
    world.order.workload_changed(spec::Kind::Deployment, "default/" + name);
    world.take_turns();
    return id;
}

} // namespace

TEST_CASE("a pod is released when everyone it is after is good") {
    World world;
    const auto app = world.add("app", "a, b");
    CHECK(world.order.why_waiting(app) ==
          "waiting for pod default/a (which is not there), pod default/b (which is not there)");
    const auto a = world.add("a");
    const auto b = world.add("b");
    world.set(a, Fate::Ready);
    CHECK(world.order.why_waiting(app) == "waiting for pod default/b");
    CHECK(world.taken().empty());
    world.set(b, Fate::Succeeded);
    CHECK(world.taken() == "app+ ");
    CHECK(world.order.why_waiting(app).empty());
    world.set(a, Fate::Failed); // it is on its own now
    world.leave(b);
    world.remove(b);
    CHECK(world.taken().empty());
}

TEST_CASE("what a pod requires takes it along when it goes, waits or fails, and not when it only restarts") {
    World world;
    const auto a = world.add("a");
    const auto b = world.add("b", "", "a");
    const auto c = world.add("c", "", "b");
    world.set(a, Fate::Ready);
    world.set(b, Fate::Ready);
    world.set(c, Fate::Ready);
    CHECK(world.taken() == "b+ c+ ");
    world.set(a, Fate::Underway);
    world.set(a, Fate::Ready);
    CHECK(world.taken().empty());
    world.set(a, Fate::Failed);
    CHECK(world.taken() == "b- c- ");
    CHECK(world.order.why_waiting(b) == "waiting for pod default/a (which has failed)");
    world.leave(a);
    const auto successor = world.add("a");
    world.set(successor, Fate::Ready); // while the old one is not gone
    CHECK(world.taken().empty());
    world.remove(a);
    CHECK(world.taken() == "b+ ");
    world.set(b, Fate::Ready);
    CHECK(world.taken() == "c+ ");
}

TEST_CASE("turns are taken by priority, and then in the order of arrival") {
    World world;
    world.add("low", "gate", "", -1);
    world.add("first", "gate");
    world.add("high", "gate", "", 7);
    world.add("second", "gate");
    world.set(world.add("gate"), Fate::Ready);
    CHECK(world.taken() == "high+ first+ second+ low+ ");
}

TEST_CASE("a task is good when it has succeeded, unless something says when it is ready") {
    const auto turns = [](auto change) {
        World world;
        world.add("app", "task");
        auto task = manifest("task", "", "");
        task.pod.spec.restart_policy = spec::RestartPolicy::OnFailure;
        change(task.pod);
        const auto slot = world.add(std::move(task));
        world.set(slot, Fate::Ready);
        const std::string ready = world.taken();
        world.set(slot, Fate::Succeeded);
        return ready + "| " + world.taken();
    };
    CHECK(turns([](spec::Pod&) {}) == "| app+ ");
    CHECK(turns([](spec::Pod& pod) { pod.spec.containers[0].readiness_probe.emplace(); }) == "app+ | ");
    CHECK(turns([](spec::Pod& pod) { pod.spec.containers[0].restart_policy = spec::RestartPolicy::Always; }) ==
          "app+ | ");
    CHECK(turns([](spec::Pod& pod) { pod.metadata.annotations.emplace_back("podinit/notify", "c"); }) == "app+ | ");
}

TEST_CASE("a workload is good when it has all of its pods and they are good") {
    World world;
    const auto app = world.add("app", "", "deployment/web");
    CHECK(world.order.why_waiting(app) == "waiting for deployment.apps default/web (which is not there)");
    const std::uint32_t id = put_deployment(world, "web", 2);
    const auto one = world.add("web-1", "", "", 0, id);
    world.set(one, Fate::Ready);
    CHECK(world.taken().empty());
    const auto two = world.add("web-2", "", "", 0, id);
    world.set(two, Fate::Ready);
    CHECK(world.taken() == "app+ ");
    put_deployment(world, "web", 3);
    CHECK(world.taken() == "app- ");
    put_deployment(world, "web", 2);
    CHECK(world.taken() == "app+ ");
    world.objects.erase(spec::Kind::Deployment, "default/web");
    world.order.workload_changed(spec::Kind::Deployment, "default/web");
    world.take_turns();
    CHECK(world.taken() == "app- ");
    put_deployment(world, "web", 0); // another one by that name, which stands for nobody
    CHECK(world.taken() == "app+ ");
}

TEST_CASE("a circle waits, and says so") {
    World world;
    const auto a = world.add("a", "b");
    const auto b = world.add("b", "c");
    const auto c = world.add("c", "", "a");
    const auto behind = world.add("behind", "a");
    CHECK(world.order.why_waiting(a) == "waiting for pod default/b (which waits for this pod)");
    CHECK(world.order.why_waiting(c) == "waiting for pod default/a (which waits for this pod)");
    CHECK(world.order.why_waiting(behind) == "waiting for pod default/a");
    CHECK(world.taken().empty());
    world.leave(b);
    world.remove(b);
    world.set(world.add("b"), Fate::Ready);
    CHECK(world.taken() == "a+ ");
    world.set(a, Fate::Ready);
    CHECK(world.taken() == "c+ behind+ ");
}

TEST_CASE("what comes at once comes by priority, and the changes of one object keep their order") {
    const auto order = [](const std::vector<ObjectChange>& changes, std::int64_t least) {
        std::string text;
        for (const std::uint32_t index : in_order(changes, least))
            text += changes[index].name + (changes[index].wanted ? "+ " : "- ");
        return text;
    };
    const auto comes = [](const std::string& name, std::int32_t priority) {
        ObjectChange change{spec::Kind::Pod, name, true, {}, never};
        change.object.pods.push_back(manifest(name, "", "", priority));
        return change;
    };
    const auto goes = [](const std::string& name) { return ObjectChange{spec::Kind::Pod, name, false, {}, never, {}}; };
    const ObjectChange map{spec::Kind::ConfigMap, "map", true, {}, never};
    const std::vector<ObjectChange> changes{comes("a", 0), comes("b", 5), map,           comes("c", -1),
                                            comes("d", 5), goes("e"),     comes("f", 0), comes("c", 9)};
    CHECK(order(changes, -10) == "map+ e- b+ d+ a+ f+ c+ c+ ");
    CHECK(order(changes, 0) == "map+ e- b+ d+ a+ f+ ");
    CHECK(order(changes, 100) == "map+ e- ");
    CHECK(order({comes("a", 0), goes("a"), comes("b", 0)}, 0) == "a+ a- b+ ");
}

// ---- against the definition --------------------------------------------------------------------------------------

namespace {

struct Wanted {
    std::string name;
    std::vector<std::string> after, required;
};

class Model {
  public:
    explicit Model(const World& world, const std::vector<Wanted>& wanted)
        : world_(world)
        , wanted_(wanted) {}

    bool is_good(const std::string& name) const {
        return count(name) > 0 && all_of(name, [&](const World::State& state) {
                   return !state.held && !state.leaving && (state.fate == Fate::Ready || state.fate == Fate::Succeeded);
               });
    }
    bool is_broken(const std::string& name) const {
        return count(name) == 0 || !all_of(name, [](const World::State& state) {
                   return !state.held && !state.leaving && state.fate != Fate::Failed;
               });
    }
    // Nobody waits for nothing, and nobody goes on without what it requires.
    void check(std::uint32_t slot) const {
        const Wanted& pod = wanted_[slot];
        const auto good = [&](const std::string& name) { return is_good(name); };
        const auto broken = [&](const std::string& name) { return is_broken(name); };
        if (world_.states[slot].held)
            CHECK_FALSE((std::ranges::all_of(pod.after, good) && std::ranges::all_of(pod.required, good)));
        else
            CHECK(std::ranges::none_of(pod.required, broken));
        CHECK(world_.order.why_waiting(slot).empty() == !world_.states[slot].held);
    }

  private:
    template <class Visit>
    void each(const std::string& name, Visit visit) const {
        for (std::uint32_t slot = 0; slot < world_.states.size(); ++slot)
            if (world_.states[slot].there && wanted_[slot].name == name)
                visit(world_.states[slot]);
    }
    std::size_t count(const std::string& name) const {
        std::size_t found = 0;
        each(name, [&](const World::State&) { ++found; });
        return found;
    }
    template <class Holds>
    bool all_of(const std::string& name, Holds holds) const {
        bool all = true;
        each(name, [&](const World::State& state) { all = all && holds(state); });
        return all;
    }

    const World& world_;
    const std::vector<Wanted>& wanted_;
};

std::string list(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names)
        text += (text.empty() ? "" : ",") + name;
    return text;
}

} // namespace

TEST_CASE("through long histories nobody waits for nothing, and nobody goes on without what it requires") {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        std::mt19937 random(seed);
        const auto pick = [&](std::size_t n) { return static_cast<std::uint32_t>(random() % n); };
        World world;
        std::vector<Wanted> wanted;
        const auto names = [&] {
            std::set<std::string> some;
            for (std::uint32_t n = pick(3); n > 0; --n)
                some.insert(std::string(1, static_cast<char>('a' + pick(8))));
            return std::vector(some.begin(), some.end());
        };
        for (int step = 0; step < 1'000; ++step) {
            std::vector<std::uint32_t> there;
            for (std::uint32_t slot = 0; slot < world.states.size(); ++slot)
                if (world.states[slot].there)
                    there.push_back(slot);
            if (there.empty() || pick(6) == 0) {
                Wanted pod{std::string(1, static_cast<char>('a' + pick(8))), names(), names()};
                std::erase_if(pod.after, [&](const std::string& name) {
                    return std::ranges::find(pod.required, name) != pod.required.end();
                });
                wanted.resize(world.states.size() + 1);
                for (const std::uint32_t slot : there) // one pod of a name that is not on its way out
                    if (wanted[slot].name == pod.name && !world.states[slot].leaving)
                        world.leave(slot);
                const Wanted copy = pod;
                // The slot is the first that is free.
                std::uint32_t slot = 0;
                while (slot < world.states.size() && world.states[slot].there)
                    ++slot;
                wanted.resize(std::max<std::size_t>(wanted.size(), slot + 1));
                wanted[slot] = copy;
                REQUIRE(world.add(pod.name, list(pod.after), list(pod.required), static_cast<std::int32_t>(pick(3))) ==
                        slot);
            } else {
                const std::uint32_t slot = there[pick(there.size())];
                World::State& state = world.states[slot];
                if (state.leaving)
                    world.remove(slot);
                else if (pick(8) == 0)
                    world.leave(slot);
                else if (!state.held && state.fate != Fate::Succeeded && state.fate != Fate::Failed)
                    world.set(slot, std::array{Fate::Underway, Fate::Ready, Fate::Ready, Fate::Ready, Fate::Succeeded,
                                               Fate::Failed}[pick(6)]);
            }
            const Model model(world, wanted);
            for (std::uint32_t slot = 0; slot < world.states.size(); ++slot)
                if (world.states[slot].there)
                    model.check(slot);
        }
        for (std::uint32_t slot = 0; slot < world.states.size(); ++slot)
            if (world.states[slot].there)
                world.remove(slot);
    }
}
