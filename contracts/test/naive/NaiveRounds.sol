// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A federated round as one would first write it: every participant's commitment, opening and reward lie in
/// storage of their own, anew in each round. What the gas tables measure us against.
/// @notice Left out, and so free here: stake, bonds and slashing, consent, deadlines and phases, a cohort, who may
/// aggregate, escrow, a reward proof, a model's lineage, disputes, pause, upgrades. It trusts its owner with all of it.
contract NaiveRounds {
    error OnlyOwner(address sender);
    error AlreadyCommitted(uint256 round, address participant);
    error NothingToReveal(uint256 round, address participant);
    error Mismatch(uint256 round, address participant);
    error NothingToClaim(uint256 round, address participant);

    event Committed(uint256 indexed round, address indexed participant, bytes32 commitment);
    event Revealed(uint256 indexed round, address indexed participant, bytes32 payloadRoot);
    event Finished(uint256 indexed round, bytes32 modelRoot);
    event Claimed(uint256 indexed round, address indexed participant, uint256 amount);

    struct Entry {
        bytes32 commitment;
        bytes32 payloadRoot;
        uint256 reward;
    }

    address private immutable OWNER;
    uint256 public round;
    mapping(uint256 round => bytes32) public models;
    mapping(uint256 round => mapping(address => Entry)) public entries;

    constructor() payable {
        OWNER = msg.sender;
    }

    modifier onlyOwner() {
        if (msg.sender != OWNER) revert OnlyOwner(msg.sender);
        _;
    }

    function open() external onlyOwner {
        ++round;
    }

    function commit(bytes32 commitment) external {
        Entry storage e = entries[round][msg.sender];
        if (e.commitment != 0) revert AlreadyCommitted(round, msg.sender);
        e.commitment = commitment;
        emit Committed(round, msg.sender, commitment);
    }

    function reveal(bytes32 payloadRoot, bytes32 salt) external {
        Entry storage e = entries[round][msg.sender];
        if (e.commitment == 0 || e.payloadRoot != 0) revert NothingToReveal(round, msg.sender);
        if (e.commitment != keccak256(abi.encode(round, msg.sender, payloadRoot, salt))) {
            revert Mismatch(round, msg.sender);
        }
        e.payloadRoot = payloadRoot;
        emit Revealed(round, msg.sender, payloadRoot);
    }

    /// Publishes the model and writes down what everybody gets.
    function finish(bytes32 modelRoot, address[] calldata accounts, uint256[] calldata amounts)
        external
        onlyOwner
    {
        models[round] = modelRoot;
        for (uint256 i; i < accounts.length; ++i) {
            entries[round][accounts[i]].reward = amounts[i];
        }
        emit Finished(round, modelRoot);
    }

    function claim(uint256 of_) external {
        uint256 amount = entries[of_][msg.sender].reward;
        if (amount == 0) revert NothingToClaim(of_, msg.sender);
        entries[of_][msg.sender].reward = 0;
        emit Claimed(of_, msg.sender, amount);
        payable(msg.sender).transfer(amount);
    }
}
