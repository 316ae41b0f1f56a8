// The defaults of Hardhat's node; the file must be there for it to start.
export default {};
