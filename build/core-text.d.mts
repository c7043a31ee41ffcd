export declare const coreBanner: string;
export declare const coreFooter: string;
