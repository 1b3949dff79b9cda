// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Vm} from "./Base.sol";
import {Handler} from "./Handler.sol";

/// contracts/INVARIANTS.md, number by number. Each is a campaign of its own.
contract InvariantsTest {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    Handler private handler;

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function setUp() public {
        handler = new Handler();
        handler.setUp();
    }

    /// The functions forge plays with.
    function targetSelectors() public view returns (FuzzSelector[] memory all) {
        all = new FuzzSelector[](1);
        all[0] = FuzzSelector(address(handler), actions(handler));
    }

    function targetContracts() public view returns (address[] memory all) {
        all = new address[](1);
        all[0] = address(handler);
    }

    function invariant_1_theMarketHoldsExactlyWhatItOwes() public view {
        uint256 held = handler.balance() - handler.donated();
        require(held == handler.owed(), "the balance differs from what is owed by the books");
        require(held == handler.owedByViews(), "the balance differs from what is owed by the market's views");
        require(handler.agrees(), "somebody's credit or stake differs from the books");
        require(bytes(handler.broken()).length == 0, handler.broken());
    }

    function invariant_2_eachEscrowedReadingIsPaidOnce() public view {
        require(handler.eachReadingOnce(), "a purchase's money is not accounted for once");
    }

    function invariant_3_everySettlementSplits80_10_10() public view {
        uint256 gross = handler.grossSum();
        require(handler.ownerSum() * 10 == gross * 8, "owners");
        require(handler.operatorSum() * 10 == gross, "operators");
        require(handler.platformSum() * 10 == gross, "platform");
    }

    function invariant_4_noClaimIsAboveRateOrQuota() public view {
        require(handler.withinCaps(), "more was claimed than rate and quota allow");
    }

    function invariant_5_creditsAndStakesShrinkOnlyAsTheRulesSay() public view {
        require(bytes(handler.shrunk()).length == 0, handler.shrunk());
    }

    function invariant_6_afterEveryoneWindsDownNothingIsLeft() public {
        handler.windDown();
        require(handler.balance() == handler.donated(), "something is stranded");
    }

    function invariant_7_noCallCostsMoreThanItsBound() public view {
        require(bytes(handler.dear()).length == 0, handler.dear());
    }

    /// After each run, what it reached is added to the file the environment names, one line each.
    function afterInvariant() public {
        string memory file = vm.envOr("DBDAO_REACHED", string(""));
        if (bytes(file).length == 0) return;
        string[50] memory names = handler.wanted();
        for (uint256 i = 0; i < names.length; ++i) {
            vm.writeLine(file, string.concat(names[i], ",", vm.toString(handler.count(names[i]))));
        }
    }
}

function actions(Handler h) pure returns (bytes4[] memory f) {
    f = new bytes4[](22);
    f[0] = h.wait.selector;
    f[1] = h.doList.selector;
    f[2] = h.doBuy.selector;
    f[3] = h.doExtend.selector;
    f[4] = h.doCancel.selector;
    f[5] = h.doSettle.selector;
    f[6] = h.doSettleSigned.selector;
    f[7] = h.doFinish.selector;
    f[8] = h.doWithdraw.selector;
    f[9] = h.doClose.selector;
    f[10] = h.doRetire.selector;
    f[11] = h.doWithdrawStake.selector;
    f[12] = h.doAddStake.selector;
    f[13] = h.doChallenge.selector;
    f[14] = h.doRule.selector;
    f[15] = h.doRedeem.selector;
    f[16] = h.doExpire.selector;
    f[17] = h.doOffer.selector;
    f[18] = h.doAdmin.selector;
    f[19] = h.doPause.selector;
    f[20] = h.doDonate.selector;
    f[21] = h.doTrespass.selector;
}

/// The handler's own worth: a campaign with a fixed seed must reach every function and every state.
contract ReachTest {
    event log_named_uint(string key, uint256 val);

    function test_aCampaignReachesEveryFunctionAndState() public {
        uint256[50] memory sum;
        string[50] memory names;
        uint256 dice = 0xdb;
        for (uint256 world = 0; world < 24; ++world) {
            Handler h = new Handler();
            h.setUp();
            bytes4[] memory f = actions(h);
            for (uint256 i = 0; i < 150; ++i) {
                dice = uint256(keccak256(abi.encode(dice)));
                uint256 which = dice % (f.length + 6); // sales and claims more often
                bytes4 action = which < f.length ? f[which] : f[which - f.length < 3 ? 2 : 5];
                (bool ok,) = address(h).call(abi.encodeWithSelector(action, dice >> 16));
                require(ok, "the handler reverted");
            }
            require(bytes(h.broken()).length == 0, h.broken());
            names = h.wanted();
            for (uint256 i = 0; i < names.length; ++i) {
                sum[i] += h.count(names[i]);
            }
        }
        for (uint256 i = 0; i < names.length; ++i) {
            emit log_named_uint(names[i], sum[i]);
            require(sum[i] != 0, string.concat("never reached: ", names[i]));
        }
    }
}
