// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Vm} from "./Base.sol";
import {Adversary} from "./Adversary.sol";
import {FuzzSelector} from "./Invariants.t.sol";

function moves(Adversary a) pure returns (bytes4[] memory f) {
    f = new bytes4[](10); // his own calls most often
    f[0] = a.freely.selector;
    f[1] = a.freely.selector;
    f[2] = a.freely.selector;
    f[3] = a.freely.selector;
    f[4] = a.freely.selector;
    f[9] = a.conspire.selector;
    f[5] = a.others.selector;
    f[6] = a.others.selector;
    f[7] = a.wait.selector;
    f[8] = a.look.selector;
}

/// One actor, free calls in any order.
abstract contract AdversaryTest {
    event log_named_uint(string key, uint256 val);

    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    Adversary internal adversary;

    function make() internal virtual returns (Adversary);

    function setUp() public {
        adversary = make();
        adversary.setUp();
    }

    function targetSelectors() public view returns (FuzzSelector[] memory all) {
        all = new FuzzSelector[](1);
        all[0] = FuzzSelector(address(adversary), moves(adversary));
    }

    function targetContracts() public view returns (address[] memory all) {
        all = new address[](1);
        all[0] = address(adversary);
    }

    function within(Adversary a) internal view {
        require(a.wealthOfActor() <= a.bound(), "he took out more than he may");
        require(bytes(a.broken()).length == 0, a.broken());
    }

    /// After each run, what it reached is added to the file the environment names; and everybody takes what is his.
    function afterInvariant() public {
        string memory file = vm.envOr("DBDAO_REACHED", string(""));
        if (bytes(file).length != 0) {
            string[] memory names = adversary.wanted();
            for (uint256 i = 0; i < names.length; ++i) {
                vm.writeLine(file, string.concat(names[i], ",", vm.toString(adversary.count(names[i]))));
            }
        }
        settleUp(adversary);
    }

    function settleUp(Adversary a) private {
        a.windDown();
        within(a);
        string memory wrong = a.wronged();
        require(bytes(wrong).length == 0, wrong);
    }

    /// A campaign with a fixed seed reaches every function and every state, and the laws hold at its ends.
    function test_aCampaignReachesEveryFunctionAndState() public {
        uint256[] memory sum = new uint256[](64);
        string[] memory names;
        uint256 dice = 0xdb;
        for (uint256 world = 0; world < 16; ++world) {
            Adversary a = make();
            a.setUp();
            bytes4[] memory f = moves(a);
            for (uint256 i = 0; i < 300; ++i) {
                dice = uint256(keccak256(abi.encode(dice)));
                (bool ok,) = address(a).call(abi.encodeWithSelector(f[dice % f.length], dice >> 16));
                require(ok, "the adversary reverted");
                within(a);
            }
            names = a.wanted();
            for (uint256 i = 0; i < names.length; ++i) {
                sum[i] += a.count(names[i]);
            }
            settleUp(a);
        }
        for (uint256 i = 0; i < names.length; ++i) {
            emit log_named_uint(names[i], sum[i]);
        }
        for (uint256 i = 0; i < names.length; ++i) {
            require(sum[i] != 0, string.concat("never reached: ", names[i]));
        }
    }
}

/// He owns sellers, operator and buyers: he takes out no more than he put in (and what honest buyers paid him), less
/// half of every stake that was slashed.
contract AdversaryOwnsTheSellerTest is AdversaryTest {
    function make() internal override returns (Adversary) {
        return new Adversary(true);
    }

    function invariant_A_whoOwnsSellerOperatorAndBuyersGainsNothing() public view {
        within(adversary);
    }
}

/// He owns operator and buyers, not the seller: he gains nothing but his tenth of honest sales, and by a wrong
/// SellerAtFault no more than the deposits he risked.
contract AdversaryBesideTheSellerTest is AdversaryTest {
    function make() internal override returns (Adversary) {
        return new Adversary(false);
    }

    function invariant_B_whoOwnsOperatorAndBuyersGainsTheDepositsHeRiskedAtMost() public view {
        within(adversary);
    }
}
