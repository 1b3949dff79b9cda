// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Vm} from "./Base.sol";
import {Handler} from "./Handler.sol";

/// What forge asks an invariant test for.
struct FuzzSelector {
    address addr;
    bytes4[] selectors;
}

/// contracts/INVARIANTS.md, number by number. Each is a campaign of its own.
contract InvariantsTest {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    Handler private handler;

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
        require(handler.held() == handler.owed(), "the balance differs from what is owed by the books");
        require(handler.held() == handler.owedByViews(), "the balance differs from what is owed by the market's views");
        string memory what = handler.differs();
        require(bytes(what).length == 0, what);
        require(bytes(handler.broken()).length == 0, handler.broken());
    }

    function invariant_2_eachEscrowedReadingIsPaidOnce() public view {
        require(handler.eachReadingOnce(), "a purchase's money is not accounted for once");
    }

    function invariant_3_everySettlementSplits80_10_10() public view {
        require(handler.splits(), "another split than 80, 10, 10");
    }

    function invariant_4_noClaimIsAboveRateOrQuota() public view {
        require(handler.withinCaps(), "more was claimed than rate and quota allow");
    }

    function invariant_5_creditsAndStakesShrinkOnlyAsTheRulesSay() public view {
        require(bytes(handler.shrunk()).length == 0, handler.shrunk());
    }

    function invariant_6_afterEveryoneWindsDownNothingIsLeft() public {
        handler.windDown();
        require(bytes(handler.broken()).length == 0, handler.broken());
        require(handler.held() == 0, "something is stranded");
    }

    function invariant_7_noCallCostsMoreThanItsBound() public view {
        require(bytes(handler.dear()).length == 0, handler.dear());
    }

    /// After each run, what it reached is added to the file the environment names, one line each.
    function afterInvariant() public {
        string memory file = vm.envOr("DBDAO_REACHED", string(""));
        if (bytes(file).length == 0) return;
        string[65] memory names = handler.wanted();
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
    f[10] = h.doWithdrawStake.selector;
    f[11] = h.doAddStake.selector;
    f[12] = h.doChallenge.selector;
    f[13] = h.doRule.selector;
    f[14] = h.doRedeem.selector;
    f[15] = h.doExpire.selector;
    f[16] = h.doOffer.selector;
    f[17] = h.doOperator.selector;
    f[18] = h.doPause.selector;
    f[19] = h.doDonate.selector;
    f[20] = h.doTrespass.selector;
    f[21] = h.doRespond.selector;
}

/// The handler's own worth: a campaign with a fixed seed must reach every function and every state.
contract ReachTest {
    event log_named_uint(string key, uint256 val);

    function test_aCampaignReachesEveryFunctionAndState() public {
        uint256[65] memory sum;
        string[65] memory names;
        uint256 dice = 0xdb;
        // Sales, claims, challenges, rulings and shares more often.
        uint8[14] memory often = [2, 2, 2, 5, 5, 5, 5, 12, 12, 13, 13, 13, 14, 14];
        for (uint256 world = 0; world < 32; ++world) {
            Handler h = new Handler();
            h.setUp();
            bytes4[] memory f = actions(h);
            for (uint256 i = 0; i < 200; ++i) {
                dice = uint256(keccak256(abi.encode(dice)));
                uint256 which = dice % (f.length + often.length);
                bytes4 action = f[which < f.length ? which : often[which - f.length]];
                (bool ok,) = address(h).call(abi.encodeWithSelector(action, dice >> 16));
                require(ok, "the handler reverted");
            }
            require(bytes(h.broken()).length == 0, h.broken());
            require(bytes(h.differs()).length == 0, h.differs());
            names = h.wanted();
            for (uint256 i = 0; i < names.length; ++i) {
                sum[i] += h.count(names[i]);
            }
        }
        for (uint256 i = 0; i < names.length; ++i) {
            emit log_named_uint(names[i], sum[i]);
        }
        for (uint256 i = 0; i < names.length; ++i) {
            require(sum[i] != 0, string.concat("never reached: ", names[i]));
        }
    }
}
